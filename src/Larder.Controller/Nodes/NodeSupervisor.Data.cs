using Larder.Backup.History;
using Larder.Controller.Durability;
using Larder.Controller.Processes;
using Larder.Controller.Recovery;
using Larder.Engines;
using Larder.Engines.Redis;
using Larder.Model.Events;
using Larder.Model.Specs;
using Larder.Security.Files;

namespace Larder.Controller.Nodes;

/// <content>What the node has on disk.</content>
internal sealed partial class NodeSupervisor
{
    /// <summary>What is wrong with what the running node has on disk, in one sentence; empty where nothing is.</summary>
    public string Alarm => _watch.Alarm;

    /// <summary>
    /// Looks at what the node, which must be in sync, has on disk, and mends it where that is possible: a deleted log is written anew by the engine; a
    /// replica whose whole folder was deleted is ended, so that its next start gets everything from the primary.
    /// </summary>
    /// <param name="primary">Whether it is the primary.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task WatchDataAsync(bool primary, CancellationToken cancellationToken)
    {
        if (!Persistent || Probe is not { } probe || _process is not { } process)
        {
            return;
        }

        var log = Features.SplitLog && probe.Log is not null ? Configuration.LogFolder ?? Path.Combine(Folders.Data, RedisFiles.LogFolder) : null;
        var sight = new DataSight(WorkingFolder.IsThere(process.Pid), log is null || File.Exists(Path.Combine(log, RedisFiles.LogManifest)), probe.Log);
        if (probe.Log?.RewritingFor is not null)
        {
            BackgroundPriority.LowerChildren(process.Pid);
        }

        _watch.See(sight, log is not null && sight.FolderThere ? log : Folders.Data, primary);
        if (_watch.Trouble == DataTrouble.FolderGone && !primary)
        {
            Log.FolderGone(_services.Logger, Configuration.Cache, Ordinal, process.Pid, Folders.Data);
            await KillAsync(cancellationToken);
        }
        else if (_watch.Trouble == DataTrouble.LogGone
            && (_mendedAt is not { } last || _services.Clock.GetElapsedTime(last) >= _services.Options.LongestBackOff))
        {
            _mendedAt = _services.Clock.GetTimestamp();
            await MakeLogAnewAsync(log!, cancellationToken);
        }
    }

    private async Task MakeLogAnewAsync(string folder, CancellationToken cancellationToken)
    {
        try
        {
            OwnerOnlyFile.CreateFolder(folder);
            await Node.RewriteLogAsync(cancellationToken);
            if (Generation is { } generation)
            {
                _data.TryMark(generation);
            }

            Log.LogMadeAnew(_services.Logger, Configuration.Cache, Ordinal, folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or EngineException)
        {
            // The alarm stands; it is tried again.
            Log.LogNotMadeAnew(_services.Logger, Configuration.Cache, Ordinal, folder, exception.Message);
        }
    }

    /// <summary>Keeps the past of the node's log, where its configuration wants that.</summary>
    /// <param name="tenure">The epoch that it is the primary of, or <c>null</c> where it is a replica.</param>
    public void KeepHistory(long? tenure)
    {
        if (Configuration.HistoryWindow <= TimeSpan.Zero || !Features.SplitLog)
        {
            return;
        }

        _history ??= new HistoryKeeper(new LogHistory(LogHistory.FolderOf(Folders.Root, Configuration.LogFolder)));
        try
        {
            _history.Step(Configuration.LogFolder ?? Path.Combine(Folders.Data, RedisFiles.LogFolder), tenure, Configuration.HistoryWindow, _services.Clock.GetUtcNow());
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            // The engine may have exchanged the files just now; what is missing is taken in the next cycle.
            Log.HistoryNotKept(_services.Logger, Configuration.Cache, Ordinal, exception.Message);
        }
    }

    private bool Persistent => Configuration.Persistence != PersistenceMode.Disabled;

    private IReadOnlyList<string> DataPaths => _driver.DataPaths(Configuration);

    /// <summary>
    /// Without persistence, data on disk is there only because the node was stopped in order. It counts for the next start alone: left behind,
    /// it would come back from the dead after a later crash.
    /// </summary>
    private void RemoveSavedData()
    {
        foreach (var path in _removeOnceLoaded)
        {
            NodeData.Remove(path);
        }

        _removeOnceLoaded = [];
    }

    /// <summary>A replica begins a log anew where the one that it had is gone: its primary has everything, and what happened to that disk is for a person to look at.</summary>
    private void TellOfMissingLogs(IReadOnlyDictionary<string, string> links)
    {
        foreach (var (path, target) in links.Where(link => new FileInfo(link.Key).LinkTarget is not null && !Directory.Exists(link.Value)))
        {
            Tell(
                EventKind.DataNotWritten,
                $"The log of node {Ordinal} of {Configuration.Cache} is gone from '{target}', where '{path}' leads. A new one is begun there, and the node gets everything from the primary.");
        }
    }

    private static void MakeLinks(IReadOnlyDictionary<string, string> links)
    {
        foreach (var (path, target) in links)
        {
            OwnerOnlyFile.CreateFolder(target);
            if (!Path.Exists(path))
            {
                File.Delete(path);
                Directory.CreateSymbolicLink(path, target);
            }
        }
    }

    /// <summary>Makes sure that the data on disk can be got at, if there is any: what cannot may be the newest.</summary>
    /// <exception cref="IOException">It cannot.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public void RequireReach()
    {
        if (Persistent)
        {
            DataReach.Require([Folders.Data, .. DataPaths]);
        }
    }

    /// <summary>Whether there is anything on disk that the node would start with.</summary>
    public bool HasData => DataPaths.Any(Path.Exists);

    /// <summary>Puts all that the node would start with aside, where the last such lot is kept. It must not be running.</summary>
    /// <returns>Where it is.</returns>
    public string SetDataAside()
    {
        var folder = Path.Combine(Folders.SetAside, "damaged");
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        OwnerOnlyFile.CreateFolder(Folders.SetAside);
        if (Directory.Exists(Folders.Data))
        {
            Directory.Move(Folders.Data, folder);
        }

        if (Configuration.LogFolder is { } log && Directory.Exists(log))
        {
            var aside = log + ".damaged";
            if (Directory.Exists(aside))
            {
                Directory.Delete(aside, recursive: true);
            }

            Directory.Move(log, aside);
        }

        FailedStarts = 0;
        Generation = null;
        return folder;
    }
}
