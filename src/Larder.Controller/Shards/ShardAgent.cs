using System.Collections.Immutable;
using Larder.Controller.Clusters;
using Larder.Controller.Leadership;
using Larder.Controller.Nodes;
using Larder.Controller.Processes;
using Larder.Engines;
using Larder.Model.Engines;
using Larder.Model.Events;
using Larder.Model.Specs;
using Larder.Model.Status;
using Larder.Store;
using Microsoft.Extensions.Logging;

namespace Larder.Controller.Shards;

/// <summary>
/// Keeps one shard alive on this host: one loop that supervises its nodes and holds its leader key.
/// </summary>
/// <remarks>
/// Each cycle looks at everything afresh and takes the steps that are due, in this order:
/// <code>
/// ended processes -> release the leader key of a dead primary at once
/// probes          -> renew the lease only while the primary answers as a primary
/// lease over      -> kill the primary that does not answer, and forget it: nobody may be promoted beside it
/// no leader       -> elect, compare-and-swap the leader key, promote
/// not running     -> start, as a replica of the leader where there is one
/// not following   -> follow the leader
/// </code>
/// A failing step is told in the outcome sentence and taken again in the next cycle; nothing is remembered but what the nodes, the
/// control store and the node records say.
/// </remarks>
internal sealed partial class ShardAgent : IAsyncDisposable
{
    /// <summary>The outcome before the first cycle.</summary>
    internal const string Starting = "starting";

    private const string PlannedChange = "a handover";

    private readonly NodeServices _services;
    private readonly ILogger _logger;
    private readonly Action _changed;
    private readonly WakeSignal _wake;
    private readonly ShardLeadership _leadership;
    private readonly ImmutableArray<NodeSupervisor> _nodes;
    private readonly string _cache;
    private readonly int _shard;
    private readonly string _slots;
    private readonly string _host;
    private readonly Func<EngineInstallation, string> _toolsFolder;
    private ShardPlan? _replan;
    private readonly SyncPause _syncPause;
    private readonly ClaimUse _claim;
    private HandoverRequest? _handover;
    private volatile ShardSnapshot _snapshot;
    private long _leaderlessSince;
    private int? _confirmedPrimary;
    private int? _handedOverFrom;
    private readonly Dictionary<int, long> _lastInSync = [];
    private readonly long _startedAt;

    /// <summary>Makes an agent; starts nothing.</summary>
    /// <param name="plan">What the shard is to be.</param>
    /// <param name="store">The control store.</param>
    /// <param name="host">This host's name.</param>
    /// <param name="services">What supervisors need.</param>
    /// <param name="changed">Called when <see cref="Snapshot"/> has changed in a way that matters to routes or status.</param>
    public ShardAgent(ShardPlan plan, IControlStore store, string host, NodeServices services, Action changed)
    {
        _services = services;
        _logger = services.Logger;
        _changed = changed;
        _wake = new WakeSignal(services.Clock);
        (_cache, _shard, _slots, _host) = (plan.Cache, plan.Shard, plan.Slots, host);
        _claim = plan.Claim;
        _leadership = new ShardLeadership(store, plan.Cache, plan.Shard, host, services.Options, services.Clock);
        _nodes = [.. plan.Nodes.Select(node =>
            new NodeSupervisor(node.Configuration, node.Installation, new NodeFolders(node.Folder) { SecondLog = node.Configuration.LogFolder }, services, _wake.Set))];
        _leaderlessSince = _startedAt = services.Clock.GetTimestamp();
        _syncPause = new SyncPause(plan.Cache, plan.Shard, services);
        _toolsFolder = services.ToolsFolder;
        _snapshot = Take(Starting);
    }

    /// <summary>The engine that its nodes run.</summary>
    public EngineInstallation Installation => _nodes[0].Installation;

    /// <summary>What was last seen.</summary>
    public ShardSnapshot Snapshot => _snapshot;

    /// <summary>Changes what running nodes are to be; carried out in the next cycle.</summary>
    /// <param name="plan">The new plan: the same nodes.</param>
    public void Replan(ShardPlan plan)
    {
        Volatile.Write(ref _replan, plan);
        _wake.Set();
    }

    /// <summary>Asks for a change of the primary; carried out in the next cycle.</summary>
    /// <param name="request">The request.</param>
    /// <returns>False where one is under way.</returns>
    public bool TryRequest(HandoverRequest request)
    {
        if (Interlocked.CompareExchange(ref _handover, request, null) is not null)
        {
            return false;
        }

        _wake.Set();
        return true;
    }

    /// <summary>Finds the processes that an earlier daemon started.</summary>
    public void Adopt()
    {
        foreach (var node in _nodes)
        {
            node.Adopt();
        }
    }

    /// <summary>Runs until cancelled. The nodes run on when it returns.</summary>
    /// <param name="cancellationToken">Ends the loop.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Adopt();
        var loaded = false;
        while (true)
        {
            string outcome;
            try
            {
                if (!loaded)
                {
                    await _leadership.LoadAsync(cancellationToken);
                    loaded = true;
                }

                outcome = await StepAsync(cancellationToken);
            }
            catch (Exception exception) when (exception is EngineException or ControlStoreException { IsTransient: true })
            {
                outcome = exception.Message;
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // A defect, or a store that will not mend itself: told loudly, and tried again, since giving up would leave the shard alone.
                Log.CycleFailed(_logger, exception, _cache, _shard);
                outcome = exception.Message;
                await Task.Delay(_services.Options.ProbeInterval, _services.Clock, cancellationToken);
            }

            Publish(outcome);
            var settled = _snapshot.Ready;
            await _wake.WaitAsync(settled ? _services.Options.ProbeInterval : _services.Options.UnsettledInterval, cancellationToken);
        }
    }

    /// <summary>Stops all nodes, replicas first. The loop must have ended.</summary>
    /// <param name="keepData">Whether what they hold must be on disk afterwards.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <param name="limit">How long a node may take before it is killed; <c>null</c> for the usual time.</param>
    /// <returns>One sentence for each node that did not stop in order.</returns>
    public async Task<ImmutableArray<string>> StopNodesAsync(bool keepData, CancellationToken cancellationToken, TimeSpan? limit = null)
    {
        _syncPause.End();
        var primary = _leadership.Held;
        await _leadership.ReleaseAsync(cancellationToken);
        var problems = ImmutableArray.CreateBuilder<string>();
        var replicas = _nodes.Where(node => node.Ordinal != primary).ToList();
        await Task.WhenAll(replicas.Select(StopAsync));
        foreach (var node in _nodes.Except(replicas))
        {
            await StopAsync(node);
        }

        return problems.ToImmutable();

        async Task StopAsync(NodeSupervisor node)
        {
            if (!await node.StopAsync(keepData, limit ?? _services.Options.StopTimeout, cancellationToken))
            {
                lock (problems)
                {
                    problems.Add($"node {node.Ordinal} of {_cache} did not stop within {limit ?? _services.Options.StopTimeout} and was killed");
                }
            }
        }
    }

    /// <summary>Lets go of the nodes: their processes run on.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }
    }

    private async Task<string> StepAsync(CancellationToken cancellationToken)
    {
        foreach (var node in _nodes)
        {
            node.NoticeExit();
        }

        await ExchangeDataAsync(cancellationToken);
        if (Leader is { Running: false } dead)
        {
            await LoseAsync(dead.Ending.Length > 0 ? $"its {dead.Ending}" : "its process was gone when the daemon came back", cancellationToken);
        }

        await Task.WhenAll(_nodes.Where(node => node.Running).Select(node => node.ProbeAsync(cancellationToken)));
        foreach (var node in _nodes)
        {
            await node.EndRetirementAsync(cancellationToken);
        }

        await KeepLeadershipAsync(cancellationToken);
        await HandOverAsync(cancellationToken);
        var outcome = Leader is null ? await ElectAsync(forced: false, cancellationToken) : "";
        await AssessAsync(cancellationToken);
        SetAsideWhereItDoesNotStart();
        await MendBeforeStartAsync(cancellationToken);
        await StartAsync(cancellationToken);
        await FollowAsync(cancellationToken);
        _syncPause.EndIfDone(IsInSync);
        await ReconfigureAsync(cancellationToken);
        await KeepNewestAsync(cancellationToken);
        foreach (var node in _nodes)
        {
            if (IsInSync(node))
            {
                node.KeepHistory(node == Leader ? _leadership.Epoch : null);
                await node.WatchDataAsync(node == Leader, cancellationToken);
            }

            node.RotateLog();
        }

        return outcome.Length > 0 ? outcome : Describe();
    }

    private NodeSupervisor? Leader => _leadership.Held is { } ordinal ? _nodes.FirstOrDefault(node => node.Ordinal == ordinal) : null;

    private async Task KeepLeadershipAsync(CancellationToken cancellationToken)
    {
        if (Leader is not { } leader)
        {
            return;
        }

        if (leader.Probe is { Loading: false, Role: NodeRole.Primary })
        {
            if (leader.Probe.Cluster is { } view && !_claim.IsHeldBy(view))
            {
                // Before anybody is led to it: what it does not know to be on its way, it would take for missing.
                await PromoteAsync(leader, cancellationToken);
            }

            _confirmedPrimary = leader.Ordinal;
            if (!await _leadership.RenewAsync(cancellationToken))
            {
                await LoseAsync("its lease has ended before it was renewed", cancellationToken);
            }

            return;
        }

        if (leader.Probe is { Loading: false, Role: NodeRole.Replica })
        {
            // The daemon died between the compare-and-swap and the promotion: the key is ours, so finish what was begun.
            await PromoteAsync(leader, cancellationToken);
            return;
        }

        if (_leadership.LeaseOver || leader.StandsStill)
        {
            Log.PrimaryFenced(_logger, _cache, _shard, leader.Ordinal, leader.Problem);
            await leader.KillAsync(cancellationToken);
            leader.NoticeExit();
            await LoseAsync("it did not answer and was killed", cancellationToken);
        }
    }

    /// <summary>Carries out a request for another primary. Whatever comes of it, the request is answered and gone.</summary>
    private async Task HandOverAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _handover) is not { } request || _syncPause.IsActive)
        {
            return;
        }

        var result = new HandoverResult(false, "it was interrupted");
        try
        {
            result = await HandOverAsync(request, cancellationToken);
        }
        finally
        {
            Volatile.Write(ref _handover, null);
            request.Complete(result);
        }
    }

    private async Task<HandoverResult> HandOverAsync(HandoverRequest request, CancellationToken cancellationToken)
    {
        if (Leader is not null && _leadership.Epoch > request.FromEpoch)
        {
            return Promoted();
        }

        if (Leader is null && request.Force)
        {
            return await ElectAsync(forced: true, cancellationToken) is { Length: > 0 } why ? new HandoverResult(false, why) : Promoted();
        }

        if (Leader is not { } primary || _confirmedPrimary != primary.Ordinal)
        {
            return new HandoverResult(false, $"shard {_shard} has no primary at the moment");
        }

        var candidate = _nodes.Where(node => node != primary && IsInSync(node)).MaxBy(node => node.Probe!.ReplicationOffset);
        if (candidate is null)
        {
            var others = string.Join(", ", _nodes.Where(node => node != primary).Select(node => $"node {node.Ordinal} is {StateOf(node)}"));
            return new HandoverResult(false, $"shard {_shard} has no eligible replica: {others}");
        }

        if (request.Fault is { } fault)
        {
            primary.Inject(fault);
            var done = $"the process of node {primary.Ordinal} was {(fault == ProcessSignal.Kill ? "killed" : "stopped")}";
            Tell(EventKind.FaultInjected, primary.Ordinal, $"A drill: {done}, the primary of shard {_shard}.");
            return new HandoverResult(true, done);
        }

        if (!request.Force)
        {
            var result = await new ShardHandover(_cache, _shard, _leadership, _services, _claim).RunAsync(
                primary, candidate, () => Confirm(candidate, PlannedChange), cancellationToken);
            _handedOverFrom = result.Succeeded ? primary.Ordinal : null;
            Tell(
                result.Succeeded ? EventKind.HandedOver : EventKind.HandoverUndone, result.Succeeded ? candidate.Ordinal : primary.Ordinal,
                result.Succeeded ? $"Node {primary.Ordinal} handed over: {result.Message}." : $"Node {primary.Ordinal} keeps its role: {result.Message}.");
            return result;
        }

        await primary.KillAsync(cancellationToken);
        primary.NoticeExit();
        await LoseAsync("a forced failover ended it", cancellationToken);
        return await ElectAsync(forced: false, cancellationToken) is { Length: > 0 } problem ? new HandoverResult(false, problem) : Promoted();
    }

    private Task PromoteAsync(NodeSupervisor node, CancellationToken cancellationToken) =>
        _claim.TellAsync(claim => node.PromoteAsync(claim, cancellationToken), cancellationToken);

    private HandoverResult Promoted() => new(true, $"node {_leadership.Held} is the primary in epoch {_leadership.Epoch}");

    private void Confirm(NodeSupervisor winner, string reason)
    {
        if (winner.Probe is { Loading: false, Role: NodeRole.Primary })
        {
            _confirmedPrimary = winner.Ordinal;
            Log.PrimaryPromoted(_logger, _cache, _shard, winner.Ordinal, _leadership.Epoch, reason);
            if (reason != PlannedChange)
            {
                Tell(EventKind.PrimaryPromoted, winner.Ordinal, $"Node {winner.Ordinal} is the primary of shard {_shard} in epoch {_leadership.Epoch}: {reason}.");
            }

            // The route first: what is recorded after it is for later starts.
            Publish($"node {winner.Ordinal} is the primary in epoch {_leadership.Epoch}");
            winner.MarkInSync(new DataGeneration(_leadership.Epoch, Primary: true));
        }
    }

    private async Task LoseAsync(string reason, CancellationToken cancellationToken)
    {
        var lost = _leadership.Held ?? _leadership.LastPrimary;
        _leaderlessSince = _services.Clock.GetTimestamp();
        _confirmedPrimary = null;
        _handedOverFrom = null;
        await _leadership.ReleaseAsync(cancellationToken);
        Log.PrimaryLost(_logger, _cache, _shard, lost, _leadership.Epoch, reason);
        Tell(EventKind.PrimaryLost, lost, $"Node {lost} is the primary of shard {_shard} no more: {reason}.");
        Publish($"shard {_shard} has no primary: node {lost} is it no more, {reason}");
    }

    private void Tell(EventKind kind, int? node, string message) => _services.Events.Append(
        new CacheEvent(kind, _cache, message) { Shard = _shard, Node = node, Epoch = _leadership.Epoch });

    private async Task<string> ElectAsync(bool forced, CancellationToken cancellationToken)
    {
        if (!MayStart)
        {
            return _cold!.Reason;
        }

        var candidates = _nodes.Select(node => new ElectionCandidate
        {
            Ordinal = node.Ordinal,
            Answering = node.Probe is not null && !node.Retiring,
            Loading = node.Probe is { Loading: true },
            FullSync = node.Probe is { FullSyncInProgress: true },
            Evidence = node.Evidence,
            Epoch = node.Generation?.Epoch ?? 0,
            Offset = node.Probe?.ReplicationOffset ?? 0,
            Keys = node.Probe?.Keys ?? 0,
        }).ToList();
        var decision = PrimaryElection.Decide(candidates, new ElectionState
        {
            LastPrimary = _leadership.LastPrimary,
            Newest = _leadership.Newest,
            Volatile = _nodes[0].Configuration.Persistence == PersistenceMode.Disabled,
            PatienceOver = _services.Clock.GetElapsedTime(_leaderlessSince) >= _services.Options.ElectionPatience,
            Forced = forced,
        });
        if (decision.Winner is not { } ordinal)
        {
            return decision.MayBeForced ? $"{decision.Reason}. To give that up: larder failover {_cache} --force" : decision.Reason;
        }

        if (RetireOthers(ordinal) is { } former)
        {
            return $"node {former} was the primary and may have more than node {ordinal}; it saves that and ends first";
        }

        // Who was in sync with the old primary and runs on has what the winner has, or is about to get it: should the winner fail at once, it counts.
        var others = candidates.Where(candidate => !decision.Lossy && candidate is { Ready: true, Evidence: Evidence.Memory } && _leadership.Newest.Contains(candidate.Ordinal));
        if (!await _leadership.TryAcquireAsync(ordinal, others.Select(other => other.Ordinal), decision.Lossy, cancellationToken))
        {
            return $"waiting for the old leader key of shard {_shard} to end";
        }

        CountLoss(decision, ordinal);
        var winner = _nodes.First(node => node.Ordinal == ordinal);
        await PromoteAsync(winner, cancellationToken);
        await winner.ProbeAsync(cancellationToken);
        Confirm(winner, decision.Reason);
        return "";
    }

    /// <summary>
    /// In a cluster, a primary that runs and hears of a new one follows it by itself, and so loses what it alone has. It is told to end before there is a new one.
    /// </summary>
    /// <returns>A node that is ending, or <c>null</c>.</returns>
    private int? RetireOthers(int winner)
    {
        foreach (var node in _nodes.Where(node => node.Ordinal != winner && node is { Running: true, Probe.Cluster.Myself.IsReplica: false }))
        {
            if (node.Generation is { } generation && generation.MayHaveMore(_leadership.LossySince))
            {
                node.BeginRetirement();
            }
        }

        return _nodes.FirstOrDefault(node => node.Ordinal != winner && node is { Retiring: true, Configuration.Cluster: not null })?.Ordinal;
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        var leader = Leader;
        foreach (var node in _nodes.Where(node => !node.Running && MayStart))
        {
            await node.TryStartAsync(leader is null || leader == node ? null : leader.Target, _leadership.LossySince, cancellationToken);
        }
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        if (Leader is not { } leader || _confirmedPrimary != leader.Ordinal)
        {
            return;
        }

        foreach (var node in _nodes)
        {
            if (node != leader && !node.Retiring && node.Probe is { Loading: false } probe
                && (probe.Role == NodeRole.Primary || probe.Following != leader.Target))
            {
                if (node.Ordinal == _handedOverFrom)
                {
                    node.MarkContained();
                }
                else if (node.Generation is { } generation && generation.MayHaveMore(_leadership.LossySince))
                {
                    node.BeginRetirement();
                    continue;
                }

                if (node is { Continuous: true, Features.FollowsInPlace: false } || node.CannotFollow)
                {
                    Log.StartedAnew(_logger, _cache, _shard, node.Ordinal);
                    await node.KillAsync(cancellationToken);
                    node.NoticeExit();
                    continue;
                }

                await _syncPause.BeginAsync(node, cancellationToken);
                _ = node.BeginFollow(leader.Target, cancellationToken);
            }
        }
    }

    /// <summary>
    /// Records who has the newest generation of the data: the primary, and who is in sync with it. A replica whose process has ended, or that is given
    /// everything anew, is out at once; one that does not answer or has lost its link, when that lasts.
    /// </summary>
    private async Task KeepNewestAsync(CancellationToken cancellationToken)
    {
        if (Leader is not { } leader || _confirmedPrimary != leader.Ordinal || !IsInSync(leader))
        {
            return;
        }

        var now = _services.Clock.GetTimestamp();
        var newest = ImmutableArray.CreateBuilder<int>();
        foreach (var node in _nodes)
        {
            if (IsInSync(node))
            {
                node.MarkInSync(new DataGeneration(_leadership.Epoch, node == leader));
                _lastInSync[node.Ordinal] = now;
            }

            var stays = _leadership.Newest.Contains(node.Ordinal) && node is { Continuous: true, Probe: not { FullSyncInProgress: true } }
                && _services.Clock.GetElapsedTime(_lastInSync.GetValueOrDefault(node.Ordinal, _startedAt), now) < _services.Options.ViewBound;
            if (IsInSync(node) || stays)
            {
                newest.Add(node.Ordinal);
            }
        }

        await _leadership.RecordNewestAsync(newest.ToImmutable(), cancellationToken);
    }

    private async Task ReconfigureAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _replan) is not { } plan)
        {
            return;
        }

        var work = plan.Nodes.Select(planned => (Node: _nodes.First(node => node.Ordinal == planned.Configuration.Ordinal), planned.Configuration)).ToList();
        foreach (var (node, configuration) in work.Where(pair => !pair.Node.Running))
        {
            await node.AssignAsync(configuration);
        }

        foreach (var (node, configuration) in work.Where(pair => pair.Node.Running))
        {
            if (node.Probe is not { Loading: false })
            {
                return;
            }

            await node.ReconfigureAsync(configuration, cancellationToken);
        }

        Interlocked.CompareExchange(ref _replan, null, plan);
    }

    /// <summary>Whether a planned change of the nodes is still to be carried out.</summary>
    public bool ReplanPending => Volatile.Read(ref _replan) is not null;

    private static partial class Log
    {
        [LoggerMessage(3100, LogLevel.Information, "Shard {Shard} of {Cache}: node {Node} is the primary in epoch {Epoch}: {Reason}.")]
        public static partial void PrimaryPromoted(ILogger logger, string cache, int shard, int node, long epoch, string reason);

        [LoggerMessage(3101, LogLevel.Warning, "Shard {Shard} of {Cache}: node {Node} is no longer the primary of epoch {Epoch}: {Reason}.")]
        public static partial void PrimaryLost(ILogger logger, string cache, int shard, int? node, long epoch, string reason);

        [LoggerMessage(3102, LogLevel.Warning, "Shard {Shard} of {Cache}: node {Node} is killed before another one is elected, since it does not answer: {Problem}")]
        public static partial void PrimaryFenced(ILogger logger, string cache, int shard, int node, string problem);

        [LoggerMessage(3104, LogLevel.Error, "Shard {Shard} of {Cache}: a cycle failed and is taken again.")]
        public static partial void CycleFailed(ILogger logger, Exception exception, string cache, int shard);

        [LoggerMessage(3105, LogLevel.Information, "Shard {Shard} of {Cache}: node {Node} is started anew, since its engine cannot follow another primary otherwise.")]
        public static partial void StartedAnew(ILogger logger, string cache, int shard, int node);

        [LoggerMessage(3103, LogLevel.Debug, "Shard {Shard} of {Cache}: {Outcome}.")]
        public static partial void CycleOutcome(ILogger logger, string cache, int shard, string outcome);
    }
}
