namespace Larder.Controller.Durability;

/// <summary>What is wrong with what a running node keeps on disk. The worst comes first where there are several.</summary>
internal enum DataTrouble
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Its data folder was deleted under it: nothing that it writes is found again.</summary>
    FolderGone,

    /// <summary>The folder of its log was deleted under it: it goes on writing to files without a name.</summary>
    LogGone,

    /// <summary>It cannot append to its log, and refuses writes of clients until it can.</summary>
    CannotAppend,

    /// <summary>A rewrite of its log takes longer than it may.</summary>
    RewriteOverdue,

    /// <summary>The last rewrite of its log failed.</summary>
    RewriteFailed,

    /// <summary>Its log has grown far past the size at which it is rewritten, and is not.</summary>
    LogGrows,
}
