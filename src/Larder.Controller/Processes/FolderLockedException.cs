namespace Larder.Controller.Processes;

/// <summary>A data folder is in use by a process. Retrying helps once that process has ended.</summary>
/// <param name="folder">The folder.</param>
/// <param name="holders">The processes that hold it, as far as this user may see them; may be empty.</param>
/// <param name="message">Which folder is held by whom, and what to do.</param>
public sealed class FolderLockedException(string folder, IReadOnlyList<ProcessIdentity> holders, string message) : Exception(message)
{
    /// <summary>The folder, an absolute path.</summary>
    public string Folder { get; } = folder;

    /// <summary>The processes that hold the lock, as far as this user may see them; may be empty.</summary>
    public IReadOnlyList<ProcessIdentity> Holders { get; } = holders;
}
