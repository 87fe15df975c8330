namespace Larder.Controller.Processes;

/// <summary>Clears a data folder of what a dead engine left running in it, so that it can be locked for the next.</summary>
public static class FolderRemnants
{
    /// <summary>
    /// Kills the children that a dead engine left behind (a background save works on for as long as it has data to write) and waits for their end.
    /// Does nothing while the engine itself lives.
    /// </summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="watcher">Tells their end.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <returns>What was killed; may be empty.</returns>
    /// <exception cref="IOException">A remnant belongs to another user.</exception>
    public static async Task<IReadOnlyList<ProcessIdentity>> KillAsync(
        string folder, ProcessExitWatcher watcher, CancellationToken cancellationToken)
    {
        var remnants = FolderLock.FindRemnants(folder);
        foreach (var remnant in remnants)
        {
            remnant.Signal(ProcessSignal.Kill);
        }

        await Task.WhenAll(remnants.Select(watcher.WatchAsync)).WaitAsync(cancellationToken);
        return remnants;
    }

    /// <summary>Ends whoever works in a folder under its lock: what a killed daemon has left, before somebody else begins there or the folder is deleted.</summary>
    /// <param name="folder">The folder; need not exist.</param>
    /// <param name="watcher">Tells their end.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <exception cref="IOException">A process belongs to another user.</exception>
    public static async Task EndAsync(string folder, ProcessExitWatcher watcher, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(watcher);
        if (!Directory.Exists(folder))
        {
            return;
        }

        await KillAsync(folder, watcher, cancellationToken);
        if (FolderLock.ReadOwner(folder) is { } left && left.IsAlive())
        {
            left.Signal(ProcessSignal.Kill);
            await watcher.WatchAsync(left).WaitAsync(cancellationToken);
        }
    }
}
