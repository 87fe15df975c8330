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

    /// <summary>Causes a failure on purpose, to show what comes of it.</summary>
    Drill,
}
