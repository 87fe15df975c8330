using System.Collections.Immutable;
using Larder.Controller.Backups;
using Larder.Controller.Clusters;
using Larder.Controller.Recovery;
using Larder.Controller.Shards;
using Larder.Controller.Transfers;
using Larder.Model.Engines;
using Larder.Model.Operations;
using Larder.Model.Plans;
using Larder.Model.Routing;
using Larder.Model.Status;
using Larder.Store;
using Larder.Store.Documents;
using Microsoft.Extensions.Logging;

namespace Larder.Controller.Caches;

/// <summary>
/// Drives one cache to its desired state: one loop that reads the documents afresh, places nodes, runs the shards' agents, keeps the
/// certificate, and tells route, status and progress.
/// </summary>
internal sealed partial class CacheReconciler : IAsyncDisposable
{
    /// <summary>Starts in a row that end before the node ever answered, after which a creation is given up.</summary>
    private const int StartsBeforeGivingUp = 3;

    private readonly CacheServices _services;
    private readonly string _cache;
    private readonly Action _changed;
    private readonly WakeSignal _wake;
    private bool _routeIsComplete;

    // What moves data takes its time, and so may this program have been away: only what comes after that has to be done soon.
    private DateTimeOffset _deadlineFrom;
    private readonly CachePlacement _placement;
    private readonly CacheFailover _failover;
    private readonly CacheBackups _backups;
    private readonly CacheTransfers _transfers;
    private readonly CacheLoss _loss;
    private readonly CacheCluster _cluster;
    private readonly CacheScaling _scaling;
    private readonly CacheClustering _clustering;
    private TimeSpan _untilBackup = Timeout.InfiniteTimeSpan;
    private readonly CacheHistory _history;
    private readonly CancellationTokenSource _agentsStop = new();
    private readonly Dictionary<ShardAgent, (CancellationTokenSource Stop, Task Loop)> _agentLoops = [];
    private ImmutableArray<ShardAgent> _agents = [];
    private EngineInstallation? _installation;
    private BackupStatus? _backup;
    private long _plannedGeneration;
    private volatile bool _hasPlainPorts;
    private string _certificateProblem = "";
    private volatile CacheRoute? _route;
    private volatile CacheStatus _status = new() { State = CacheState.Creating, Message = "accepted" };

    /// <summary>Makes a reconciler; does nothing yet.</summary>
    /// <param name="cache">The cache's name.</param>
    /// <param name="services">What it needs.</param>
    /// <param name="changed">Called when <see cref="Route"/> has changed.</param>
    public CacheReconciler(string cache, CacheServices services, Action changed)
    {
        _cache = cache;
        _services = services;
        _changed = changed;
        _deadlineFrom = services.Clock.GetUtcNow();
        _wake = new WakeSignal(services.Clock);
        _placement = new CachePlacement(services);
        _failover = new CacheFailover(cache, services, _wake.Set);
        _backups = new CacheBackups(cache, services, _wake.Set);
        _loss = new CacheLoss(cache, services);
        _cluster = new CacheCluster(cache, services);
        _scaling = new CacheScaling(cache, _cluster, services, _wake.Set);
        _clustering = new CacheClustering(cache, _cluster, _placement, services, _wake.Set);
        _transfers = new CacheTransfers(cache, services, _backups, _cluster, _wake.Set);
        _history = new CacheHistory(services.Events);
    }

    /// <summary>How the gateway serves the cache; <c>null</c> while it does not.</summary>
    public CacheRoute? Route => _route;

    /// <summary>What was last seen, with the nodes as they are at this moment.</summary>
    public CacheStatus Status => _status with { Shards = [.. _agents.Select(agent => StatusOf(agent.Snapshot.Status))] };

    /// <summary>Wakes the loop: a document has changed.</summary>
    public void Wake() => _wake.Set();

    /// <summary>Runs until cancelled, or until the cache is deleted.</summary>
    /// <param name="cancellationToken">Ends the loop; the engines run on.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                if (!await StepAsync(cancellationToken))
                {
                    return;
                }
            }
            catch (Exception exception) when (exception is ControlStoreException or IOException or UnauthorizedAccessException or InvalidOperationException)
            {
                if (_status.Message != exception.Message)
                {
                    Log.CycleFailed(_services.Logger, _cache, exception.Message);
                }

                _status = _status with { Message = exception.Message };
                await Task.Delay(_services.Options.ProbeInterval, _services.Clock, cancellationToken);
            }

            var settled = _status.State == CacheState.Ready;
            var wait = settled ? _services.Options.CertificateCheckInterval : _services.Options.ProbeInterval;
            await _wake.WaitAsync(_untilBackup != Timeout.InfiniteTimeSpan && _untilBackup < wait ? TimeSpan.FromTicks(Math.Max(_untilBackup.Ticks, 0)) : wait, cancellationToken);
        }
    }

    /// <summary>Ends the agents' loops and stops the nodes, replicas first. <see cref="RunAsync"/> must have ended.</summary>
    /// <param name="keepData">Whether what they hold must be on disk afterwards.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>One sentence for each node that did not stop in order.</returns>
    public async Task<ImmutableArray<string>> StopNodesAsync(bool keepData, CancellationToken cancellationToken)
    {
        await StopAgentsAsync();
        var problems = await Task.WhenAll(_agents.Select(agent => agent.StopNodesAsync(keepData, cancellationToken)));
        return [.. problems.SelectMany(problem => problem)];
    }

    /// <summary>Ends the agents' loops; the engines run on.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAgentsAsync();
        foreach (var agent in _agents)
        {
            await agent.DisposeAsync();
        }

        await _cluster.DisposeAsync();
        _backups.Dispose();
        _agentsStop.Dispose();
    }

    private ShardStatus StatusOf(ShardStatus shard) => _cluster.Published is not { } cluster ? shard : shard with
    {
        Slots = cluster.Map.Format(shard.Id),
        Nodes = [.. shard.Nodes.Select(node => node with
        {
            TlsPort = CacheEndpoints.NodeTlsPort(node.Ordinal, _services.Host),
            PlainPort = _hasPlainPorts ? _services.Host.NodePlainPort + node.Ordinal : null,
        })],
    };

    private async Task<bool> StepAsync(CancellationToken cancellationToken)
    {
        var key = StoreKeys.Spec(_cache);
        if (await _services.Store.GetAsync(key, cancellationToken) is not { } entry)
        {
            return false;
        }

        var wanted = StoreCodec.Decode<CacheDocument>(key, entry.Value, DocumentSchemas.Current);
        if (wanted.Deleting)
        {
            await DeleteAsync(wanted, cancellationToken);
            return false;
        }

        // While nodes are stopped to become others, what they are to be is settled there.
        var busy = _clustering.IsBusy;
        await _clustering.LoadAsync(cancellationToken);
        var document = _clustering.Now(wanted);

        var observed = await ReadObservedAsync(cancellationToken);
        var secrets = CacheSecrets.Open(_services.Protector, await ReadAsync<SecretsDocument>(StoreKeys.Secrets(_cache), cancellationToken));
        _hasPlainPorts = document.Spec.Redis.NonSslPort;
        if (!busy)
        {
            await _cluster.LoadAsync(document, cancellationToken);
        }

        if (_agents.IsEmpty)
        {
            var nodes = await _placement.FindAsync(_cache, cancellationToken);
            if (nodes.IsEmpty)
            {
                await _services.Operations.ReportAsync(document.OperationId, 5, "choosing an engine and ports", cancellationToken);
                var selection = EngineSelector.Select(document.Spec, _services.Catalogue.Current.Installations);
                if (selection.Installation is not { } installation)
                {
                    return await AbandonAsync(document, entry.Revision, selection.Refusal!.Why, cancellationToken);
                }

                nodes = await _placement.PlaceAsync(document, installation, cancellationToken);
            }

            await _services.Operations.ReportAsync(document.OperationId, 15, $"starting {nodes.Length} nodes", cancellationToken);
            StartAgents(document, nodes, secrets);
        }
        else if (!busy && _agents.SelectMany(agent => agent.Snapshot.PortsTaken).ToImmutableArray() is { IsEmpty: false } homeless && !_agents.Any(agent => agent.ReplanPending))
        {
            Replan(document, await _placement.MovePortsAsync(_cache, homeless, cancellationToken), secrets);
        }
        else if (!busy && _plannedGeneration != document.Generation)
        {
            Replan(document, await _placement.PlaceAsync(document, _installation!, cancellationToken), secrets);
        }

        if (_cluster.State is { Document.Scaling: { } scaling } && await EndScalingAsync(document, entry.Revision, secrets, scaling, cancellationToken))
        {
            return true;
        }

        await _loss.StepAsync(document, observed, _agents, cancellationToken);
        if (!_clustering.Excludes)
        {
            await _transfers.StepAsync(document, _agents, _installation!, _agentsStop.Token);
        }

        await _cluster.StepAsync(_agents, cancellationToken);
        var idle = !_transfers.IsBusy && !_backups.IsUnderWay && !_agents.Any(agent => agent.ReplanPending);
        if (await _clustering.StepAsync(wanted, entry.Revision, _agents, idle, (next, nodes) => Plans(next, nodes, secrets).Single(), _agentsStop.Token))
        {
            // More shards may be wanted now.
            _plannedGeneration = 0;
            _wake.Set();
            return true;
        }

        if (!_backups.IsUnderWay)
        {
            _scaling.Step(_cluster.Problem.Length == 0 && _agents.All(agent => agent.Snapshot.Ready), _agentsStop.Token);
        }

        Publish(document, secrets);
        await _failover.StepAsync(_agents, cancellationToken);
        var features = _services.Nodes.Engines.For(_installation!.Family).Describe(_installation);
        if (!_clustering.Excludes)
        {
            (_backup, _untilBackup) = await _backups.StepAsync(document, observed, _agents, features, _scaling.Moves, _agentsStop.Token);
        }

        return await ReportAsync(document, entry.Revision, observed, cancellationToken);
    }

    private async Task DeleteAsync(CacheDocument document, CancellationToken cancellationToken)
    {
        _status = _status with { State = CacheState.Deleting, Message = "being deleted" };
        if (_route is not null)
        {
            _route = null;
            _changed();
        }

        await _services.Operations.ReportAsync(document.OperationId, 20, "stopping its nodes", cancellationToken);
        if (_agents.IsEmpty)
        {
            var nodes = await _placement.FindAsync(_cache, cancellationToken);
            var secrets = CacheSecrets.Open(_services.Protector, await ReadAsync<SecretsDocument>(StoreKeys.Secrets(_cache), cancellationToken));
            _agents = [.. Plans(document, nodes, secrets).Select(plan =>
                new ShardAgent(plan, _services.Store, _services.Host.Name, _services.Nodes, _wake.Set))];
            foreach (var agent in _agents)
            {
                agent.Adopt();
            }
        }

        await StopNodesAsync(keepData: false, cancellationToken);
        await _services.Operations.ReportAsync(document.OperationId, 60, "removing its data", cancellationToken);
        _services.Certificates.Delete(_cache);
        if (Directory.Exists(_services.Home.CacheFolder(_cache)))
        {
            Directory.Delete(_services.Home.CacheFolder(_cache), recursive: true);
        }

        if (NodeConfigurations.SecondLogs(document, _services.Storages) is { } logs && Directory.Exists(logs))
        {
            Directory.Delete(logs, recursive: true);
        }

        var undone = await _services.Operations.FindAsync(document.OperationId, cancellationToken) is { Kind: OperationKind.Create } creation ? creation : null;
        var all = await _services.Store.ListAsync(StoreKeys.Cache(_cache), cancellationToken);
        await _services.Store.CommitAsync(
            all.Entries.Aggregate(StoreTransaction.Empty, (transaction, entry) => transaction.Delete(entry.Key)), cancellationToken);
        if (undone is not null)
        {
            var error = new OperationError(
                "cannot_be_created", $"{document.Spec.Name} was not created, and nothing of it is left: {undone.Error?.Message ?? "it was given up"}", Undone: true);
            await _services.Operations.FailAsync(document.OperationId, error, cancellationToken);
        }
        else
        {
            await _services.Operations.SucceedAsync(document.OperationId, "deleted", cancellationToken);
        }

        _services.Events.Forget(_cache);
        Log.CacheDeleted(_services.Logger, _cache);
    }

    private async Task<ObservedDocument> ReadObservedAsync(CancellationToken cancellationToken)
    {
        var key = StoreKeys.Observed(_cache);
        return await _services.Store.GetAsync(key, cancellationToken) is { } entry
            ? StoreCodec.Decode<ObservedDocument>(key, entry.Value, DocumentSchemas.Current)
            : new ObservedDocument(0, null);
    }

    private async Task<T> ReadAsync<T>(string key, CancellationToken cancellationToken) =>
        await _services.Store.GetAsync(key, cancellationToken) is { } entry
            ? StoreCodec.Decode<T>(key, entry.Value, DocumentSchemas.Current)
            : throw new InvalidOperationException($"The control store has no {key}, though the cache exists. Restore the store from a copy, or delete the cache.");

    private Task<CommitResult> WriteAsync<T>(string key, T value, CancellationToken cancellationToken) =>
        _services.Store.CommitAsync(StoreTransaction.Empty.Put(key, StoreCodec.Encode(value, DocumentSchemas.Current)), cancellationToken);

    private static partial class Log
    {
        [LoggerMessage(3200, LogLevel.Information, "{Cache} is {State}: {Reason}.")]
        public static partial void StateChanged(ILogger logger, string cache, CacheState state, string reason);

        [LoggerMessage(3201, LogLevel.Warning, "{Cache}: a cycle failed and is taken again: {Problem}")]
        public static partial void CycleFailed(ILogger logger, string cache, string problem);

        [LoggerMessage(3202, LogLevel.Warning, "{Cache} cannot be created and is undone: {Reason}")]
        public static partial void CreationAbandoned(ILogger logger, string cache, string reason);

        [LoggerMessage(3203, LogLevel.Information, "{Cache} is deleted.")]
        public static partial void CacheDeleted(ILogger logger, string cache);

        [LoggerMessage(3204, LogLevel.Warning, "{Cache} is served with an earlier certificate: {Problem}")]
        public static partial void CertificateKept(ILogger logger, string cache, string problem);
    }
}
