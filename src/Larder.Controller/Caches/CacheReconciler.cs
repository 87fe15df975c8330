using System.Collections.Immutable;
using Larder.Controller.Backups;
using Larder.Controller.Clusters;
using Larder.Controller.Recovery;
using Larder.Controller.Shards;
using Larder.Controller.Transfers;
using Larder.Model.Clusters;
using Larder.Model.Engines;
using Larder.Model.Events;
using Larder.Model.Operations;
using Larder.Model.Plans;
using Larder.Model.Routing;
using Larder.Model.Specs;
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

    private void StartAgents(CacheDocument document, ImmutableArray<NodeDocument> nodes, CacheSecrets secrets)
    {
        foreach (var plan in Plans(document, nodes, secrets))
        {
            Start(plan);
        }

        _plannedGeneration = document.Generation;
        _installation = _placement.InstallationOf(nodes[0]);
    }

    private void Replan(CacheDocument document, ImmutableArray<NodeDocument> nodes, CacheSecrets secrets)
    {
        foreach (var plan in Plans(document, nodes, secrets))
        {
            if (_agents.FirstOrDefault(agent => agent.Snapshot.Status.Id == plan.Shard) is { } agent)
            {
                agent.Replan(plan);
            }
            else
            {
                Start(plan);
            }
        }

        _plannedGeneration = document.Generation;
    }

    private void Start(ShardPlan plan)
    {
        var agent = new ShardAgent(plan, _services.Store, _services.Host.Name, _services.Nodes, _wake.Set);
        var stop = CancellationTokenSource.CreateLinkedTokenSource(_agentsStop.Token);
        _agents = _agents.Add(agent);
        _agentLoops[agent] = (stop, Task.Run(() => agent.RunAsync(stop.Token), CancellationToken.None));
    }

    /// <summary>Removes shards that have no slots any more: their processes, their data, and what the control store has of them.</summary>
    private async Task RemoveAsync(CacheDocument document, CacheSecrets secrets, IReadOnlyCollection<int> shards, CancellationToken cancellationToken)
    {
        try
        {
            // No command may be at an engine that ends: those under way are answered first, and no other goes there until the route leads past it.
            foreach (var shard in shards)
            {
                await _services.Nodes.Gateway.HoldShardAsync(_cache, shard, HoldReason.Handover, _services.Nodes.Options.HandoverLimit, cancellationToken);
            }

            var leaving = _agents.Where(agent => shards.Contains(agent.Snapshot.Status.Id)).ToList();
            _agents = _agents.RemoveRange(leaving);
            Publish(document, secrets);
            foreach (var agent in leaving)
            {
                var (stop, loop) = _agentLoops[agent];
                await stop.CancelAsync();
                await loop.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
                stop.Dispose();
                _agentLoops.Remove(agent);
                await agent.StopNodesAsync(keepData: false, cancellationToken);
                await agent.DisposeAsync();
            }
        }
        finally
        {
            foreach (var shard in shards)
            {
                _services.Nodes.Gateway.ReleaseShard(_cache, shard);
            }
        }

        var nodes = (await _placement.FindAsync(_cache, cancellationToken)).Where(node => shards.Contains(node.Shard)).ToList();
        await _cluster.ForgetAsync(nodes.Select(node => node.Ordinal));
        var transaction = StoreTransaction.Empty;
        foreach (var node in nodes)
        {
            if (Directory.Exists(_services.Home.NodeFolder(_cache, node.Ordinal)))
            {
                Directory.Delete(_services.Home.NodeFolder(_cache, node.Ordinal), recursive: true);
            }

            transaction = transaction.Delete(StoreKeys.Node(_cache, node.Ordinal));
        }

        transaction = shards.Aggregate(transaction, (more, shard) => more.Delete(StoreKeys.Leader(_cache, shard)).Delete(StoreKeys.Epoch(_cache, shard)));
        await _services.Store.CommitAsync(transaction, cancellationToken);
    }

    /// <summary>Ends a change of the number of shards where all slots are where they are to be.</summary>
    /// <returns>Whether the cache has to be looked at afresh.</returns>
    private async Task<bool> EndScalingAsync(
        CacheDocument document, long revision, CacheSecrets secrets, ScalingDocument scaling, CancellationToken cancellationToken)
    {
        if (_cluster.State is not { Document: { Moves.IsEmpty: true } cluster } state || scaling is not { StartedAt: { } began, Before: { } before } || SlotPlanner.Count(state.Map, scaling.To) > 0)
        {
            return false;
        }

        // Everybody must have heard that the shards that leave have nothing any more.
        var leaving = _agents.Select(agent => agent.Snapshot.Status.Id).Where(shard => shard >= scaling.To).ToList();
        if (leaving.Count > 0 && _cluster.Problem.Length > 0)
        {
            return false;
        }

        var undone = scaling.Fault.Length > 0;
        if (undone && !await _scaling.CloseReservesAsync(cancellationToken))
        {
            return false;
        }

        await RemoveAsync(document, secrets, leaving, cancellationToken);
        var key = StoreKeys.Spec(_cache);
        var now = _services.Clock.GetUtcNow();
        var shards = cluster.Shards.RemoveRange(cluster.Shards.Keys.Where(shard => shard >= scaling.To));
        var next = cluster with
        {
            Shards = shards,
            Scaling = null,
            Past = [.. cluster.Past.Where(past => past.Ended > now.AddHours(-document.Spec.Backup.WindowHours)), new PastScaling(before, shards, began, now)],
        };
        var transaction = StoreTransaction.Empty.IfRevision(StoreKeys.Cluster(_cache), state.Revision)
            .Put(StoreKeys.Cluster(_cache), StoreCodec.Encode(next, DocumentSchemas.Current));
        if (undone)
        {
            var spec = document.Spec with { Cluster = document.Spec.Cluster with { ShardCount = scaling.To } };
            transaction = transaction.IfRevision(key, revision).Put(
                key, StoreCodec.Encode(document with { Spec = spec, Generation = document.Generation + 1 }, DocumentSchemas.Current));
        }

        if ((await _services.Store.CommitAsync(transaction, cancellationToken)).Committed)
        {
            if (undone)
            {
                await _services.Operations.FailAsync(
                    scaling.OperationId,
                    new OperationError("not_scaled", $"{document.Spec.Name} has {scaling.To} shards as before: {scaling.Fault}", Undone: true), cancellationToken);
            }
            else
            {
                _services.Events.Append(new CacheEvent(EventKind.ScalingCompleted, document.Spec.Name, $"{document.Spec.Name} has {scaling.To} shards instead of {scaling.From}."));
            }
        }

        _wake.Set();
        return true;
    }

    private IEnumerable<ShardPlan> Plans(CacheDocument document, ImmutableArray<NodeDocument> nodes, CacheSecrets secrets) =>
        nodes.GroupBy(node => node.Shard).OrderBy(shard => shard.Key).Select(shard => new ShardPlan(
            document.Spec.Name,
            shard.Key,
            new SlotRange(0, SlotRange.Slots - 1).ToString(),
            [.. shard.Select(node => new PlannedNode(
                NodeConfigurations.Of(document, node, nodes, secrets, _services.Home, _services.Storages, _services.Nodes.Engines.For(node.Engine), _placement.InstallationOf(node)),
                _placement.InstallationOf(node),
                _services.Home.NodeFolder(_cache, node.Ordinal)))])
        {
            Claim = _cluster.UseOf(shard.Key),
        });

    private void Publish(CacheDocument document, CacheSecrets secrets)
    {
        var spec = document.Spec;
        var certificate = _services.Certificates.Find(spec);
        if (certificate.Problem.Length > 0 && certificate.Problem != _certificateProblem)
        {
            Log.CertificateKept(_services.Logger, _cache, certificate.Problem);
        }

        _certificateProblem = certificate.Problem;
        var snapshots = _agents.Select(agent => agent.Snapshot).ToImmutableArray();
        var closed = _transfers.HoldsClients || _loss.IsOpen(_agents);
        var hold = _transfers.Hold;

        // A user is let in when the engines have it: until then those count that are not new.
        _routeIsComplete = !_agents.Any(agent => agent.ReplanPending);
        var users = secrets.Users.Where(user => spec.Access.Users.ContainsKey(user.Name)
            && (_routeIsComplete || _route?.Users.Any(known => known.Name == user.Name) == true));
        var route = new CacheRoute
        {
            Cache = spec.Name,
            HostNames = [CacheEndpoints.HostName(spec, _services.Host)],
            Listen = CacheEndpoints.Listen(spec, _services.Host, snapshots.SelectMany(snapshot => snapshot.Nodes).Select(node => node.Ordinal)),
            Certificate = certificate.Served.Certificate,
            CertificateChain = certificate.Served.Chain,
            AccessKeys = secrets.AccessKeys,
            Users = [.. users],
            Firewall = spec.Firewall.ToRanges(),
            MaxClients = CapacitySizes.MaxClients(spec.Redis.Capacity),
            Durability = spec.Durability,
            Failover = spec.Failover,
            IsClustered = spec.Cluster.EnableCluster,
            Primary = closed || _clustering.IsClosed || spec.Cluster.EnableCluster ? null : snapshots[0].Primary,
            Shards = closed || _cluster.Published is not { } cluster ? [] : ShardRoutes.Of(snapshots, cluster.Map, hold.Closed || _clustering.IsClosed),
        };
        if (_route is not { } before || !RouteComparer.Same(before, route))
        {
            _route = route;
            _changed();
        }

        hold.Tell();
    }

    /// <summary>Tells status and progress; ends the operation where the cache is as wanted, or where that cannot be reached.</summary>
    private async Task<bool> ReportAsync(CacheDocument document, long revision, ObservedDocument observed, CancellationToken cancellationToken)
    {
        var snapshots = _agents.Select(agent => agent.Snapshot).ToImmutableArray();
        var listeners = _route!.Listen.Select(_services.Gateway.ListenerProblem).ToImmutableArray();
        var closed = listeners.FirstOrDefault(problem => !string.IsNullOrEmpty(problem));
        var nodesReady = snapshots.All(snapshot => snapshot.Ready);
        var scaling = _scaling.Progress();
        var ready = nodesReady && scaling is null && !_clustering.IsUnderWay && _cluster.Problem.Length == 0 && listeners.All(problem => problem == "") && !_agents.Any(agent => agent.ReplanPending) && _routeIsComplete;
        if (ready && observed.ReadyGeneration < document.Generation)
        {
            observed = new ObservedDocument(document.Generation, observed.FirstReadyAt ?? _services.Clock.GetUtcNow());
            await WriteAsync(StoreKeys.Observed(_cache), observed, cancellationToken);
            _history.Reached(document.Spec.Name, document.Generation);
        }

        var problem = closed ?? snapshots.FirstOrDefault(snapshot => !snapshot.Ready)?.Outcome ?? scaling?.Phase ?? _clustering.Progress()?.Phase ?? (_cluster.Problem.Length > 0 ? _cluster.Problem : _certificateProblem);
        var node = (await _placement.FindAsync(_cache, cancellationToken))[0];
        var state = ready ? CacheState.Ready
            : observed.FirstReadyAt is null ? CacheState.Creating
            : observed.ReadyGeneration < document.Generation ? CacheState.Updating
            : CacheState.Degraded;
        _history.Observe(document.Spec.Name, state, problem, settled: snapshots.All(snapshot => snapshot.Looked));
        if (state != _status.State)
        {
            Log.StateChanged(_services.Logger, _cache, state, problem.Length == 0 ? "all is as wanted" : problem);
        }

        _status = new CacheStatus
        {
            State = state,
            Message = problem,
            ObservedGeneration = observed.ReadyGeneration,
            Engine = node.Engine.ToString().ToLowerInvariant(),
            Version = node.Version,
            Backup = _backup,
            Scaling = scaling?.Status,
            Alarms = [.. snapshots.SelectMany(snapshot => snapshot.Alarms), .. _backup is { Overdue: true } backup ? [BackupAlarm.Of(document.Spec.Name, backup)] : (string[])[]],
        };

        // The status first: whoever hears that the operation has ended must see what it has reached.
        if (ready)
        {
            await _services.Operations.SucceedAsync(document.OperationId, "ready", cancellationToken);
        }
        else if (observed.FirstReadyAt is null && snapshots.Any(snapshot => snapshot.FailedStarts >= StartsBeforeGivingUp))
        {
            var failing = snapshots.First(snapshot => snapshot.FailedStarts >= StartsBeforeGivingUp);
            return await AbandonAsync(document, revision, $"the engine does not start: {failing.StartProblem}", cancellationToken);
        }
        else
        {
            await TellProgressAsync(document, snapshots, nodesReady, closed, cancellationToken);
        }

        return true;
    }

    private async Task TellProgressAsync(
        CacheDocument document, ImmutableArray<ShardSnapshot> snapshots, bool nodesReady, string? closed, CancellationToken cancellationToken)
    {
        if (await _services.Operations.FindAsync(document.OperationId, cancellationToken) is not { State: OperationState.Running } operation)
        {
            return;
        }

        if ((_clustering.Progress() ?? (_scaling.Progress() is { } scaling ? (scaling.Status.Percent, scaling.Phase) : null)) is { } under)
        {
            await _services.Operations.ReportAsync(document.OperationId, under.Percent, under.Phase, cancellationToken);
            return;
        }

        if (_services.Clock.GetUtcNow() - operation.StartedAt > _services.Options.OperationDeadline)
        {
            var reason = closed ?? snapshots.FirstOrDefault(snapshot => !snapshot.Ready)?.Outcome ?? _cluster.Problem;
            await _services.Operations.FailAsync(
                document.OperationId,
                new OperationError("timed_out", $"{_cache} was not ready after {_services.Options.OperationDeadline}: {reason}. It is being worked on still; see `larder show {_cache}`.", Undone: false),
                cancellationToken);
            return;
        }

        var primaries = snapshots.Count(snapshot => snapshot.Primary is not null);
        var (percent, phase) = closed is not null ? (95, closed)
            : nodesReady ? _cluster.Problem.Length > 0 ? (80, "the nodes agree on who has which slots") : (90, "opening the endpoint")
            : primaries == snapshots.Length ? (60, "replicas are syncing")
            : (30, "electing primaries");
        await _services.Operations.ReportAsync(document.OperationId, percent, phase, cancellationToken);
    }

    /// <summary>A creation that cannot succeed is undone: its fault lies in what was asked, and nothing of it shall stay.</summary>
    private async Task<bool> AbandonAsync(CacheDocument document, long revision, string reason, CancellationToken cancellationToken)
    {
        Log.CreationAbandoned(_services.Logger, _cache, reason);
        await _services.Operations.NoteFaultAsync(document.OperationId, reason, cancellationToken);
        var key = StoreKeys.Spec(_cache);
        await _services.Store.CommitAsync(
            StoreTransaction.Empty.IfRevision(key, revision)
                .Put(key, StoreCodec.Encode(document with { Deleting = true }, DocumentSchemas.Current)),
            cancellationToken);
        _wake.Set();
        return true;
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

    private async Task StopAgentsAsync()
    {
        await _agentsStop.CancelAsync();
        await _scaling.EndAsync();
        await _clustering.StopAsync();
        await _transfers.StopAsync();
        await _backups.StopAsync();
        try
        {
            await Task.WhenAll(_agentLoops.Values.Select(running => running.Loop));
        }
        catch (OperationCanceledException)
        {
            // As asked.
        }

        foreach (var (stop, _) in _agentLoops.Values)
        {
            stop.Dispose();
        }

        _agentLoops.Clear();
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
