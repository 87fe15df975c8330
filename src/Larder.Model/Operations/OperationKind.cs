namespace Larder.Model.Operations;

/// <summary>What an operation does.</summary>
public enum OperationKind
{
    /// <summary>Creates a cache.</summary>
    Create,

    /// <summary>Brings a cache to a changed spec.</summary>
    Update,

    /// <summary>Removes a cache and its data.</summary>
    Delete,

    /// <summary>Makes another node the primary.</summary>
    Failover,

    /// <summary>Takes a backup.</summary>
    Backup,

    /// <summary>Brings the data of a backup back.</summary>
    Restore,

    /// <summary>Writes the data to files.</summary>
    Export,

    /// <summary>Replaces the data by that of files.</summary>
    Import,

    /// <summary>Causes a failure on purpose, to show what comes of it.</summary>
    Drill,
}
