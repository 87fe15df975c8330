using System.Net;
using Larder.Controller.Caches;
using Larder.Controller.Durability;
using Larder.Controller.Leadership;
using Larder.Controller.Processes;
using Larder.Controller.Recovery;
using Larder.Engines;
using Larder.Engines.Clusters;
using Larder.Model.Engines;
using Larder.Model.Events;
using Larder.Model.Specs;
using Larder.Security.Files;
using Microsoft.Extensions.Logging;

namespace Larder.Controller.Nodes;

/// <summary>
/// Owns one engine process: starts, adopts, probes and stops it. Used by its shard's loop alone.
/// </summary>
/// <remarks>
/// The process outlives the daemon. It is found again by its record (process id, start time, boot id), or, where the daemon died before it
/// wrote one, by the lock of its data folder, which the process has inherited: no second one can start on it whatever was recorded. A process that was
/// adopted must also answer a probe under its own process id before it counts.
/// </remarks>
internal sealed partial class NodeSupervisor : IAsyncDisposable
{
    private static readonly ReplicationTarget Nobody = new("127.0.0.1", 1);

    private readonly NodeServices _services;
    private readonly IEngineDriver _driver;
    private readonly EngineInstallation _installation;
    private readonly BackOff _backOff;
    private readonly Action _wake;
    private IEngineNode? _node;
    private ProcessIdentity? _process;
    private Task<ProcessExit>? _exit;
    private readonly NodeLog _log;
    private readonly NodeData _data;
    private bool _loadedFromDisk;
    private long? _retiringSince;
    private long _askedAt;
    private IReadOnlyList<string> _removeOnceLoaded = [];
    private Task _following = Task.CompletedTask;
    private DateTimeOffset _startedAt;
    private bool _answered;
    private bool _toldToEnd;
    private HistoryKeeper? _history;
    private readonly DataWatch _watch;
    private long? _mendedAt;

    /// <summary>Makes a supervisor; starts nothing.</summary>
    /// <param name="configuration">The node.</param>
    /// <param name="installation">The engine that it runs.</param>
    /// <param name="folders">Its folders.</param>
    /// <param name="services">What it needs of the host.</param>
    /// <param name="wake">Called from any thread when the process has ended.</param>
    public NodeSupervisor(
        NodeConfiguration configuration, EngineInstallation installation, NodeFolders folders, NodeServices services, Action wake)
    {
        Configuration = configuration;
        Folders = folders;
        _installation = installation;
        _services = services;
        _driver = services.Engines.For(installation.Family);
        Features = _driver.Describe(installation);
        _backOff = new BackOff(services.Options, services.Clock, services.Random);
        _data = new NodeData(folders, services, configuration.Cache, configuration.Ordinal);
        _watch = new DataWatch(configuration, services.Options, services.Events);
        _log = new NodeLog(folders.Log, services.Options.LogRotationBytes, services.Options.LogsKept);
        _wake = wake;
    }

    /// <summary>What the node is to be.</summary>
    public NodeConfiguration Configuration { get; private set; }

    /// <summary>Its folders.</summary>
    public NodeFolders Folders { get; }

    /// <summary>The engine that it runs.</summary>
    public EngineInstallation Installation => _installation;

    /// <summary>What its engine can do.</summary>
    public EngineFeatures Features { get; }

    /// <summary>Its ordinal.</summary>
    public int Ordinal => Configuration.Ordinal;

    /// <summary>Where replicas find it.</summary>
    public ReplicationTarget Target => new(Configuration.ReplicationAddress, Configuration.ReplicationPort);

    /// <summary>Whether its process runs.</summary>
    public bool Running => _process is not null;

    /// <summary>The process id, or <c>null</c>.</summary>
    public int? Pid => _process?.Pid;

    /// <summary>Whether the running process has been the primary or an in-sync replica: it holds the shard's history.</summary>
    public bool Continuous { get; private set; }

    /// <summary>Which generation of the shard's data the node has, or would have when it comes back; <c>null</c> where nothing proves one.</summary>
    public DataGeneration? Generation { get; private set; }

    /// <summary>What proves that.</summary>
    public Evidence Evidence => Continuous ? Evidence.Memory
        : (Running ? _loadedFromDisk : _data.Proves(DataPaths, Persistent)) ? Evidence.Disk
        : Evidence.None;

    /// <summary>Whether the process was told to save what it has and to end, to be started as a replica.</summary>
    public bool Retiring => Running && _retiringSince is not null;

    /// <summary>What the node last said of itself; <c>null</c> where it did not answer its last probe.</summary>
    public NodeProbe? Probe { get; private set; }

    /// <summary>What is wrong; empty where nothing is.</summary>
    public string Problem { get; private set; } = "";

    /// <summary>How its last process ended; empty where this daemon saw none end.</summary>
    public string Ending { get; private set; } = "";

    /// <summary>
    /// Whether another process has its replication port. It is not started any more until <see cref="AssignAsync"/> has given it another one, even
    /// where the port is free again: what the store says of its port may be changed already.
    /// </summary>
    public bool PortTaken { get; private set; }

    /// <summary>
    /// Whether the process was stopped (SIGSTOP, a debugger) and has missed a probe: nothing that it does by itself will make it answer. One that
    /// computes (a long script) or waits for the disk may answer yet, and is given the whole lease.
    /// </summary>
    public bool StandsStill => _answered && Running && Probe is null && ProcessStat.TryRead(_process!.Pid) is { State: 'T' or 't' };

    /// <summary>Whether the running node refused to follow, and must be started anew to do it.</summary>
    public bool CannotFollow { get; private set; }

    /// <summary>Whether its last process ran when the machine ended, as far as is known: what was not flushed to the disk then is gone.</summary>
    public bool EndedWithHost { get; private set; }

    /// <summary>Failed runs since the last healthy one.</summary>
    public int Failures => _backOff.Failures;

    /// <summary>Runs in a row that ended before the node ever answered.</summary>
    public int FailedStarts { get; private set; }

    /// <summary>How long until a start is due.</summary>
    public TimeSpan UntilStart => Running ? TimeSpan.Zero : _backOff.Remaining;

    /// <summary>Notices that the process has ended.</summary>
    /// <returns>True where it has since the last call.</returns>
    public bool NoticeExit()
    {
        if (_process is null || _exit is not { IsCompleted: true } exit)
        {
            return false;
        }

        var how = (exit.IsCompletedSuccessfully ? exit.Result : ProcessExit.Unknown).ToString();
        var last = LogTail.Read(Folders.Log, 3);
        Log.NodeEnded(_services.Logger, Configuration.Cache, Ordinal, _process.Pid, how);
        if (!_toldToEnd)
        {
            Tell(EventKind.NodeEnded, $"The process {_process.Pid} of node {Ordinal} {how}; it is started again.");
        }

        Ending = $"process {_process.Pid} {how}";
        Problem = Ending + (last.Count == 0 ? "" : $"; its last lines: {string.Join(" | ", last)}");
        FailedStarts = _answered ? 0 : FailedStarts + 1;
        _process = null;
        _exit = null;
        _watch.Forget();
        Probe = null;
        Continuous = false;
        Generation = _data.Generation();
        _backOff.Ended();
        return true;
    }

    /// <summary>Starts the process. Does nothing where it runs, or where its back-off is not over.</summary>
    /// <param name="primary">The primary to follow from the start, or <c>null</c>.</param>
    /// <param name="lossySince">The shard's newest epoch that began without the newest generation of its data.</param>
    /// <param name="cancellationToken">Gives up waiting for what an earlier process left running.</param>
    /// <returns>Whether it was started.</returns>
    public async Task<bool> TryStartAsync(ReplicationTarget? primary, long lossySince, CancellationToken cancellationToken)
    {
        if (Running || PortTaken || _backOff.Remaining > TimeSpan.Zero)
        {
            return false;
        }

        try
        {
            if (primary is null)
            {
                RequireReach();
            }

            Folders.Create();

            // A killed engine's background save lives on for a while and keeps the folder locked; what it writes is of no use any more.
            await FolderRemnants.KillAsync(Folders.Data, _services.ExitWatcher, cancellationToken);
            var address = IPAddress.Parse(Configuration.ReplicationAddress);
            PortTaken = !PortAllocator.IsFree(address, Configuration.ReplicationPort)
                || (Configuration.Cluster is { } cluster && !PortAllocator.IsFree(address, cluster.Self.BusPort));
            if (PortTaken)
            {
                Problem = $"replication port {Configuration.ReplicationPort} of node {Ordinal} is in use by another process; it gets another one";
                Log.PortTaken(_services.Logger, Configuration.Cache, Ordinal, Configuration.ReplicationPort);
                return false;
            }

            using var folderLock = FolderLock.Take(Folders.Data);
            var plan = _driver.Render(_installation, Configuration with { StartAsReplicaOf = primary });
            foreach (var (path, content) in plan.Files)
            {
                OwnerOnlyFile.Write(path, content);
            }

            if (primary is not null)
            {
                _data.MakeWay(DataPaths, lossySince, Features.AttachesEmpty);
            }

            _removeOnceLoaded = plan.RemoveOnceLoaded;
            if (!File.Exists(Folders.StoppedMark))
            {
                RemoveSavedData();
            }

            TellOfMissingLogs(plan.Links);
            MakeLinks(plan.Links);
            Generation = _data.Generation();
            var loads = _data.Proves(DataPaths, Persistent);
            File.Delete(Configuration.SocketPath);
            _backOff.Started();
            var process = ProcessLauncher.Start(new LaunchRequest
            {
                Executable = plan.Executable,
                Arguments = plan.Arguments,
                Environment = plan.Environment,
                WorkingDirectory = plan.WorkingDirectory,
                LogFile = Folders.Log,
                Lock = folderLock,
            });
            Take(process, continuous: false, _services.Clock.GetUtcNow());
            _loadedFromDisk = loads;
            WriteRecord();
            Log.NodeStarted(_services.Logger, Configuration.Cache, Ordinal, process.Pid, _installation.Family, _installation.Version);
            Tell(EventKind.NodeStarted, $"Node {Ordinal} was started as process {process.Pid}: {_installation.Family} {_installation.Version}.");
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ProcessLaunchException or FolderLockedException)
        {
            if (exception is FolderLockedException && AdoptUnnoted())
            {
                return false;
            }

            _backOff.Ended();
            FailedStarts++;
            Problem = $"node {Ordinal} of {Configuration.Cache} could not be started: {exception.Message}";
            Log.NodeNotStarted(_services.Logger, Configuration.Cache, Ordinal, exception.Message);
            return false;
        }
    }

    /// <summary>Asks the node how it is; the answer is in <see cref="Probe"/>.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task ProbeAsync(CancellationToken cancellationToken)
    {
        try
        {
            var probe = await Node.ProbeAsync(_services.Options.ProbeTimeout, cancellationToken);
            if (_process is { } process && probe.ProcessId != process.Pid)
            {
                Probe = null;
                Problem = $"socket {Configuration.SocketPath} is answered by process {probe.ProcessId}, not by {process.Pid}";
                return;
            }

            Probe = probe;
            Problem = "";
            _backOff.Settled();
            if (!probe.Loading && !_answered)
            {
                _answered = true;
                FailedStarts = 0;
                RemoveSavedData();
                File.Delete(Folders.StoppedMark);
            }
        }
        catch (EngineException exception)
        {
            Probe = null;
            Problem = exception.Kind == EngineFailure.Unreachable && !_answered ? "starting" : exception.Message;
        }
    }

    /// <summary>Records that this process holds the shard's history, of this generation.</summary>
    /// <param name="generation">The epoch that it is in sync in, and whether as its primary.</param>
    public void MarkInSync(DataGeneration generation)
    {
        if (!Running || (Continuous && Generation == generation))
        {
            return;
        }

        (Continuous, Generation) = (true, generation);
        WriteRecord();
        _data.TryMark(generation);
    }

    /// <summary>Records that another node has all that this one has: it was handed over in order.</summary>
    public void MarkContained()
    {
        if (Generation is { Primary: true } generation)
        {
            Generation = generation with { Primary = false };
            _data.TryMark(Generation);
        }
    }

    /// <summary>
    /// Tells a former primary to save what it has and to end, so that its next start sets it aside. It goes on by itself; one that takes too long is
    /// killed by <see cref="EndRetirementAsync"/>.
    /// </summary>
    public void BeginRetirement()
    {
        if (_process is { } process && _retiringSince is null)
        {
            _retiringSince = _askedAt = _services.Clock.GetTimestamp();
            _toldToEnd = true;
            Log.NodeRetires(_services.Logger, Configuration.Cache, Ordinal, process.Pid);
            process.Signal((ProcessSignal)Features.StopSignal);
        }
    }

    /// <summary>Asks a former primary again to save what it has and to end, and kills it where it takes too long.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public async Task EndRetirementAsync(CancellationToken cancellationToken)
    {
        if (Retiring && _services.Clock.GetElapsedTime(_retiringSince!.Value) >= _services.Options.RetireLimit)
        {
            Log.NodeKilled(_services.Logger, Configuration.Cache, Ordinal, _process!.Pid, _services.Options.RetireLimit);
            await KillAsync(cancellationToken);
        }
        else if (Retiring && _services.Clock.GetElapsedTime(_askedAt) >= _services.Options.StopAgain)
        {
            _askedAt = _services.Clock.GetTimestamp();
            _process!.Signal((ProcessSignal)Features.StopSignal);
        }
    }

    /// <summary>
    /// Makes the node follow a primary. It may take longer than a lease lasts, so it goes on by itself; while it does, asking again does nothing.
    /// </summary>
    /// <param name="primary">The primary.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The work under way; it does not throw for what the engine does, see <see cref="Problem"/>.</returns>
    public Task BeginFollow(ReplicationTarget primary, CancellationToken cancellationToken)
    {
        if (_following.IsCompleted)
        {
            _following = FollowAsync(primary, cancellationToken);
        }

        return _following;
    }

    private async Task FollowAsync(ReplicationTarget primary, CancellationToken cancellationToken)
    {
        try
        {
            await Node.FollowAsync(primary, cancellationToken);
            CannotFollow = false;
        }
        catch (Exception exception) when (exception is EngineException or ObjectDisposedException)
        {
            // In a cluster, an engine with data does not take the order; what it has its new primary has too, so that it may begin anew.
            CannotFollow = Configuration.Cluster is not null && exception is EngineException { Kind: EngineFailure.Refused };
            Log.NotFollowing(_services.Logger, Configuration.Cache, Ordinal, primary, exception.Message);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The loop ends; the next one looks afresh.
        }
    }

    /// <summary>Makes the node a primary.</summary>
    /// <param name="claim">What it must hold in a cluster.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task PromoteAsync(ClusterClaim claim, CancellationToken cancellationToken) => Node.PromoteAsync(claim, cancellationToken);

    /// <summary>
    /// Has a primary that is about to end give back the commands that wait there: it becomes the replica of nobody, at an address where nobody listens, and keeps
    /// what it has. One that does not, takes them with it.
    /// </summary>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task GiveBackAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Node.FollowAsync(Nobody, cancellationToken);
        }
        catch (EngineException exception)
        {
            Log.NotFollowing(_services.Logger, Configuration.Cache, Ordinal, Nobody, exception.Message);
        }
    }

    /// <summary>Has the node take no writes for a while.</summary>
    /// <param name="limit">When it takes them again by itself.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task PauseWritesAsync(TimeSpan limit, CancellationToken cancellationToken) => Node.PauseWritesAsync(limit, cancellationToken);

    /// <summary>Has the node take writes again.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public Task ResumeWritesAsync(CancellationToken cancellationToken) => Node.ResumeWritesAsync(cancellationToken);

    /// <summary>Brings a running node to a changed configuration, as far as it takes it without a restart.</summary>
    /// <param name="configuration">The new configuration: same node, same ports.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task ReconfigureAsync(NodeConfiguration configuration, CancellationToken cancellationToken)
    {
        await Node.ReconfigureAsync(configuration, cancellationToken);
        Configuration = configuration;
    }

    /// <summary>Changes what the node is to be at its next start. It must not be running.</summary>
    /// <param name="configuration">The new configuration: same node, same socket.</param>
    public async Task AssignAsync(NodeConfiguration configuration)
    {
        PortTaken = PortTaken && configuration.ReplicationPort == Configuration.ReplicationPort;
        Configuration = configuration;
        if (_node is { } node)
        {
            _node = null;
            await node.DisposeAsync();
        }
    }

    /// <summary>Stops the process in order, keeping its data; kills it where it takes too long.</summary>
    /// <param name="keepData">Whether what it holds must be on disk when it has stopped.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>False where it had to be killed.</returns>
    public async Task<bool> StopAsync(bool keepData, TimeSpan limit, CancellationToken cancellationToken)
    {
        if (_process is not { } process || _exit is not { } exit)
        {
            return true;
        }

        _toldToEnd = true;
        var options = _services.Options;
        var signal = keepData ? (ProcessSignal)Features.StopSignal : ProcessSignal.Kill;
        if (await OrderlyStop.RunAsync(process, signal, exit, options.StopAgain, limit, _services.Clock, cancellationToken) is not { } how)
        {
            Log.NodeKilled(_services.Logger, Configuration.Cache, Ordinal, process.Pid, limit);
            await KillAsync(cancellationToken);
            return false;
        }

        if (keepData && how.Code is null or 0)
        {
            OwnerOnlyFile.Write(Folders.StoppedMark, "");
        }

        return true;
    }

    /// <summary>Kills the process and waits for its end: afterwards it certainly takes no writes.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public async Task KillAsync(CancellationToken cancellationToken)
    {
        if (_process is { } process && _exit is { } exit)
        {
            _toldToEnd = true;
            process.Signal(ProcessSignal.Kill);
            await exit.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Does something to the process that the agent is to find out by itself: a failure on purpose.</summary>
    /// <param name="fault">Kill or stop.</param>
    public void Inject(ProcessSignal fault) => _process?.Signal(fault);

    /// <summary>Rotates the engine's log where it has grown too large.</summary>
    public void RotateLog() => _log.RotateIfNeeded();

    /// <summary>Lets go of the node: the process runs on.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_node is not null)
        {
            await _node.DisposeAsync();
        }
    }

    private IEngineNode Node => _node ??= _driver.Open(Configuration);

    private void Tell(EventKind kind, string message) => _services.Events.Append(new CacheEvent(kind, Configuration.Cache, message) { Node = Ordinal });

    private static partial class Log
    {
        [LoggerMessage(3000, LogLevel.Information, "Node {Node} of {Cache} started as process {Pid}: {Engine} {Version}.")]
        public static partial void NodeStarted(ILogger logger, string cache, int node, int pid, EngineFamily engine, Version version);

        [LoggerMessage(3001, LogLevel.Information, "Node {Node} of {Cache} runs as process {Pid}; known by {Evidence}.")]
        public static partial void NodeAdopted(ILogger logger, string cache, int node, int pid, string evidence);

        [LoggerMessage(3002, LogLevel.Warning, "Node {Node} of {Cache}: process {Pid} {How}.")]
        public static partial void NodeEnded(ILogger logger, string cache, int node, int pid, string how);

        [LoggerMessage(3003, LogLevel.Warning, "Node {Node} of {Cache} could not be started: {Problem}")]
        public static partial void NodeNotStarted(ILogger logger, string cache, int node, string problem);

        [LoggerMessage(3004, LogLevel.Warning, "Node {Node} of {Cache}: process {Pid} did not stop within {Limit} and is killed.")]
        public static partial void NodeKilled(ILogger logger, string cache, int node, int pid, TimeSpan limit);

        [LoggerMessage(3011, LogLevel.Information, "Node {Node} of {Cache}: process {Pid} was the primary and may have what the new one has not; it saves that and ends, to start as a replica.")]
        public static partial void NodeRetires(ILogger logger, string cache, int node, int pid);

        [LoggerMessage(3005, LogLevel.Warning, "Node {Node} of {Cache}: whether a process runs on its data folder cannot be told: {Problem}")]
        public static partial void NothingToAdopt(ILogger logger, string cache, int node, string problem);

        [LoggerMessage(3006, LogLevel.Warning, "Node {Node} of {Cache}: record {Path} cannot be read and is ignored: {Problem}")]
        public static partial void RecordUnreadable(ILogger logger, string cache, int node, string path, string problem);

        [LoggerMessage(3007, LogLevel.Warning, "Node {Node} of {Cache}: replication port {Port} is in use by another process; the node gets another one.")]
        public static partial void PortTaken(ILogger logger, string cache, int node, int port);

        [LoggerMessage(3008, LogLevel.Warning, "Node {Node} of {Cache} does not follow {Primary} yet: {Problem}")]
        public static partial void NotFollowing(ILogger logger, string cache, int node, ReplicationTarget primary, string problem);

        [LoggerMessage(3013, LogLevel.Warning, "Node {Node} of {Cache}: process {Pid} is ended, to be started anew: its data folder {Folder} was deleted.")]
        public static partial void FolderGone(ILogger logger, string cache, int node, int pid, string folder);

        [LoggerMessage(3014, LogLevel.Warning, "Node {Node} of {Cache}: its log was deleted from {Folder}, and is written anew.")]
        public static partial void LogMadeAnew(ILogger logger, string cache, int node, string folder);

        [LoggerMessage(3015, LogLevel.Warning, "Node {Node} of {Cache}: its log in {Folder} cannot be written anew yet: {Problem}")]
        public static partial void LogNotMadeAnew(ILogger logger, string cache, int node, string folder, string problem);

        [LoggerMessage(3012, LogLevel.Debug, "Node {Node} of {Cache}: the past of its log could not be kept yet: {Problem}")]
        public static partial void HistoryNotKept(ILogger logger, string cache, int node, string problem);
    }
}
