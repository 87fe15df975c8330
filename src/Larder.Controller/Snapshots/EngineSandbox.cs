using Larder.Controller.Nodes;
using Larder.Controller.Processes;
using Larder.Engines;
using Larder.Model.Engines;
using Larder.Model.Specs;
using Larder.Security.Files;
using Larder.Security.Keys;

namespace Larder.Controller.Snapshots;

/// <summary>
/// An engine of its own that loads a file where no client sees it: to learn whether the file can be loaded, what is in it, and to work on it. It listens
/// on a unix socket alone, has no memory limit, and ends with its owner; one that a killed daemon left is ended before the next one starts in its folder.
/// </summary>
internal sealed class EngineSandbox : IAsyncDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    private readonly NodeServices _services;
    private readonly ProcessIdentity _process;
    private readonly Task<ProcessExit> _exit;
    private readonly string _log;

    private EngineSandbox(NodeServices services, NodeConfiguration configuration, IEngineNode node, ProcessIdentity process, string log)
    {
        (_services, Configuration, Node, _process, _log) = (services, configuration, node, process, log);
        _exit = services.ExitWatcher.WatchAsync(process);
    }

    /// <summary>The engine's configuration.</summary>
    public NodeConfiguration Configuration { get; }

    /// <summary>The way to it.</summary>
    public IEngineNode Node { get; }

    /// <summary>Starts one.</summary>
    /// <param name="cache">The cache that it works for.</param>
    /// <param name="installation">The engine.</param>
    /// <param name="folder">A folder of its own, whose <c>data</c> has what is to be loaded.</param>
    /// <param name="socket">Its socket.</param>
    /// <param name="persistence">Disabled loads a snapshot, AOF a log.</param>
    /// <param name="services">What it needs of the host.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The running engine, which may still be loading.</returns>
    /// <exception cref="EngineException">It could not be started.</exception>
    public static async Task<EngineSandbox> StartAsync(
        string cache, EngineInstallation installation, string folder, string socket, PersistenceMode persistence, NodeServices services,
        CancellationToken cancellationToken)
    {
        var folders = new NodeFolders(folder);
        folders.Create();
        var driver = services.Engines.For(installation.Family);
        var configuration = new NodeConfiguration
        {
            Cache = cache,
            Ordinal = 0,
            DataFolder = folders.Data,
            ConfigurationFolder = folders.Configuration,
            SocketPath = socket,
            ReplicationAddress = "127.0.0.1",
            ReplicationPort = 0,
            MaxMemoryBytes = 0,
            MaxClients = 8,
            Persistence = persistence,
            InternalUser = new EngineUser("larder", EnginePasswordGenerator.Create()),
            GatewayUser = new EngineUser("gateway", EnginePasswordGenerator.Create()),
        };
        try
        {
            await EndAsync(folder, services, cancellationToken);
            using var folderLock = FolderLock.Take(folders.Data);
            var plan = driver.Render(installation, configuration);
            foreach (var (path, content) in plan.Files)
            {
                OwnerOnlyFile.Write(path, content);
            }

            File.Delete(socket);
            var process = ProcessLauncher.Start(new LaunchRequest
            {
                Executable = plan.Executable,
                Arguments = plan.Arguments,
                Environment = plan.Environment,
                WorkingDirectory = plan.WorkingDirectory,
                LogFile = folders.Log,
                Lock = folderLock,
            });
            return new EngineSandbox(services, configuration, driver.Open(configuration), process, folders.Log);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ProcessLaunchException or FolderLockedException)
        {
            throw new EngineException(EngineFailure.Unreachable, $"A trial engine for {cache} could not be started: {exception.Message}", exception);
        }
    }

    /// <summary>Ends one that a killed daemon has left: before its folder is deleted, since afterwards nobody finds it.</summary>
    /// <param name="folder">Its folder; need not exist.</param>
    /// <param name="services">What it needs of the host.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static Task EndAsync(string folder, NodeServices services, CancellationToken cancellationToken) =>
        FolderRemnants.EndAsync(new NodeFolders(folder).Data, services.ExitWatcher, cancellationToken);

    /// <summary>Lets it take only what this machine has to spare during some work.</summary>
    /// <param name="work">How long.</param>
    public Task GiveWayAsync(Task work)
    {
        BackgroundPriority.LowerSession(_process.Pid);
        return PacedProcess.PaceAsync([_process], work, _services.Spare, _services.Clock);
    }

    /// <summary>Waits until it has loaded its file.</summary>
    /// <param name="progress">Told what it says while it loads.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What it says when it has.</returns>
    /// <exception cref="EngineException">It ended instead; the message has its last lines.</exception>
    public async Task<NodeProbe> LoadedAsync(Action<NodeProbe> progress, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_exit.IsCompleted)
            {
                throw new EngineException(
                    EngineFailure.Refused,
                    $"The engine cannot load it: {(_exit.IsCompletedSuccessfully ? _exit.Result : ProcessExit.Unknown)}; its last lines: {string.Join(" | ", LogTail.Read(_log, 5))}");
            }

            try
            {
                var probe = await Node.ProbeAsync(_services.Options.ProbeTimeout, cancellationToken);
                if (!probe.Loading)
                {
                    return probe;
                }

                progress(probe);
            }
            catch (EngineException exception) when (exception.Kind is EngineFailure.Unreachable or EngineFailure.Disconnected or EngineFailure.TimedOut)
            {
                // Not listening yet, or just ended: seen above in the next round.
            }

            await Task.WhenAny(_exit, Task.Delay(PollInterval, _services.Clock, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Ends it and waits for its end.</summary>
    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        if (!_exit.IsCompleted)
        {
            _process.Signal(ProcessSignal.Kill);
            await _exit;
        }

        File.Delete(Configuration.SocketPath);
    }
}
