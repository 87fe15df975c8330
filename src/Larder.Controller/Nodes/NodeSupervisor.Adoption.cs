using System.Text.Json;
using Larder.Controller.Processes;
using Larder.Security.Files;

namespace Larder.Controller.Nodes;

/// <content>How the process is found again by a daemon that comes after the one that started it.</content>
internal sealed partial class NodeSupervisor
{
    /// <summary>Finds the process that an earlier daemon started, if it still runs.</summary>
    public void Adopt()
    {
        var found = ReadRecord();
        EndedWithHost = found is { Process.IsOfThisBoot: false } && !File.Exists(Folders.StoppedMark);
        if (found is { } record && record.Process.IsAlive())
        {
            PacedProcess.Release(record.Process.Pid);
            Take(record.Process, record.Continuous, record.StartedAt);
            _loadedFromDisk = _data.Proves(DataPaths, Persistent);
            Generation = record.Epoch > 0 ? new DataGeneration(record.Epoch, record.Primary) : _data.Generation();
            Log.NodeAdopted(_services.Logger, Configuration.Cache, Ordinal, record.Process.Pid, "its record");
            return;
        }

        // The daemon died between the start and the record: the lock file names the process that inherited it.
        if (Ask(FolderLock.ReadOwner) is { } owner && owner.IsAlive())
        {
            Adopt(owner, "its folder's lock");
        }
        else
        {
            AdoptUnnoted();
        }
    }

    /// <summary>The daemon died in the very start, before the lock file named the process: whoever holds the lock is it.</summary>
    private bool AdoptUnnoted()
    {
        if (Ask(FolderLock.FindUnnotedOwner) is not { } owner)
        {
            return false;
        }

        Adopt(owner, "holding its folder's lock");
        return true;
    }

    private void Adopt(ProcessIdentity owner, string how)
    {
        PacedProcess.Release(owner.Pid);
        Take(owner, continuous: false, _services.Clock.GetUtcNow());
        _loadedFromDisk = _data.Proves(DataPaths, Persistent);
        Generation = _data.Generation();
        WriteRecord();
        Log.NodeAdopted(_services.Logger, Configuration.Cache, Ordinal, owner.Pid, how);
    }

    private void Take(ProcessIdentity process, bool continuous, DateTimeOffset startedAt)
    {
        _process = process;
        EndedWithHost = false;
        _startedAt = startedAt;
        _answered = false;
        _toldToEnd = false;
        _retiringSince = null;
        CannotFollow = false;
        _loadedFromDisk = false;
        Continuous = continuous;
        Problem = "starting";
        _exit = _services.ExitWatcher.WatchAsync(process);
        _exit.ContinueWith(_ => _wake(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private ProcessIdentity? Ask(Func<string, ProcessIdentity?> ofFolder)
    {
        try
        {
            return ofFolder(Folders.Data);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A disk that is not there, say. No process can be started on it either, so that none is started twice.
            Log.NothingToAdopt(_services.Logger, Configuration.Cache, Ordinal, exception.Message);
            return null;
        }
    }

    private NodeRecord? ReadRecord()
    {
        try
        {
            return JsonSerializer.Deserialize<NodeRecord>(File.ReadAllText(Folders.Record));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException exception)
        {
            Log.RecordUnreadable(_services.Logger, Configuration.Cache, Ordinal, Folders.Record, exception.Message);
            return null;
        }
    }

    private void WriteRecord() =>
        OwnerOnlyFile.Write(Folders.Record, JsonSerializer.Serialize(new NodeRecord(_process!, Continuous, _startedAt)
        {
            Epoch = Continuous ? Generation?.Epoch ?? 0 : 0,
            Primary = Continuous && Generation is { Primary: true },
        }));
}
