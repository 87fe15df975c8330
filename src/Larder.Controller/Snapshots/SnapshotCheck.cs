using Larder.Backup.Snapshots;
using Larder.Controller.Nodes;
using Larder.Controller.Processes;
using Larder.Engines.Redis;
using Larder.Model.Engines;
using Larder.Security.Files;

namespace Larder.Controller.Snapshots;

/// <summary>Checks a snapshot on this host: form and checksum, and then the engine's own check tool.</summary>
/// <param name="services">What it needs of the host.</param>
internal sealed class SnapshotCheck(NodeServices services)
{
    private const int MostShown = 300;

    /// <summary>Checks a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="installation">The engine whose tool is asked.</param>
    /// <param name="workFolder">A folder for the tool's name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What the file is.</returns>
    /// <exception cref="SnapshotException">It does not pass.</exception>
    public async Task<RdbFacts> RunAsync(string path, EngineInstallation installation, string workFolder, CancellationToken cancellationToken)
    {
        var facts = await RdbInspector.InspectFileAsync(path, cancellationToken);
        var (executable, arguments) = CheckTools.Snapshot(installation, workFolder, path);
        using var limit = new CancellationTokenSource(services.Options.SnapshotLimit, services.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var folder = path + ".check";
        OwnerOnlyFile.CreateFolder(folder);
        await FolderRemnants.EndAsync(folder, services.ExitWatcher, either.Token);
        using var folderLock = Lock(folder);
        var output = Path.Combine(folder, "output");
        File.Delete(output);

        // In a session of its own, so that it gives way to all others and not only to this process's; its folder's lock finds it where this process is killed.
        var process = Start(new LaunchRequest { Executable = executable, Arguments = arguments, WorkingDirectory = workFolder, LogFile = output, Lock = folderLock });
        BackgroundPriority.LowerSession(process.Pid);
        var exit = services.ExitWatcher.WatchAsync(process);
        try
        {
            var pacing = PacedProcess.PaceAsync([process], exit, services.Spare, services.Clock);
            var ended = await exit.WaitAsync(either.Token);
            await pacing;
            var said = (await File.ReadAllTextAsync(output, either.Token)).Trim();
            return ended.Code == 0
                ? facts
                : throw new SnapshotException(
                    $"'{path}' does not pass the check of {installation.Family} {installation.Version}, which {ended}: {(said.Length > MostShown ? said[^MostShown..] : said)}");
        }
        finally
        {
            if (!exit.IsCompleted)
            {
                process.Signal(ProcessSignal.Kill);
                await exit;
            }
        }
    }

    private static FolderLock Lock(string folder)
    {
        try
        {
            return FolderLock.Take(folder);
        }
        catch (FolderLockedException exception)
        {
            throw new SnapshotException($"Another check works in '{folder}': {exception.Message}");
        }
    }

    private static ProcessIdentity Start(LaunchRequest request)
    {
        try
        {
            return ProcessLauncher.Start(request);
        }
        catch (ProcessLaunchException exception)
        {
            throw new SnapshotException($"The engine's check tool could not be started: {exception.Message}");
        }
    }
}
