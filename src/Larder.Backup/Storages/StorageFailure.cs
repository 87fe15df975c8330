namespace Larder.Backup.Storages;

/// <summary>Why a storage could not do what was asked.</summary>
public enum StorageFailure
{
    /// <summary>It does not answer, or not in time. Trying again later may help.</summary>
    Unreachable,

    /// <summary>It refuses the credential, or the folder may not be written. Trying again does not help.</summary>
    Denied,

    /// <summary>There is no such object or container.</summary>
    NotFound,

    /// <summary>It has no room left.</summary>
    Full,

    /// <summary>The content is not what was written: cut off, changed, or encrypted with another key.</summary>
    Damaged,

    /// <summary>It answered with an error of its own. Trying again later may help.</summary>
    Failed,
}
