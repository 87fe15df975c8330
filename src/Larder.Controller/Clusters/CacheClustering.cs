using System.Collections.Immutable;
using Larder.Controller.Caches;
using Larder.Controller.Shards;
using Larder.Engines;
using Larder.Model.Clusters;
using Larder.Model.Events;
using Larder.Model.Operations;
using Larder.Model.Specs;
using Larder.Store;
using Larder.Store.Documents;
using Microsoft.Extensions.Logging;

namespace Larder.Controller.Clusters;

/// <summary>
/// Makes a cluster of one shard of an unclustered cache, or goes back. All that it knows is in the control store, so that another daemon goes on where this one
/// stopped. Used by the cache's loop alone.
/// </summary>
/// <remarks>
/// <code>
/// Preparing ──switch──▶ Starting ──primary has all slots──▶ Serving ──all in sync and agreed──▶ done; more shards by scaling
///     │                    │ does not start, or not in time     │
///     │ not possible       └───────────▶ Undoing ◀──────────────┘
///     └──────────────────────▶ Returning ◀── stopped, started without a cluster
/// </code>
/// Clients wait from the switch to Serving. Nothing that they have written is undone: until Serving they write nothing, and from then on it is taken along.
/// </remarks>
/// <param name="cache">The cache's key name.</param>
/// <param name="cluster">Its cluster.</param>
/// <param name="placement">Where its nodes are.</param>
/// <param name="services">What it needs.</param>
/// <param name="wake">Wakes the cache's loop.</param>
internal sealed partial class CacheClustering(string cache, CacheCluster cluster, CachePlacement placement, CacheServices services, Action wake)
{
    private const int StartsBeforeGivingUp = 3;
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    private readonly ClusteringSwitch _switch = new(cluster, placement, services);
    private Task _work = Task.CompletedTask;
    private ClusteringDocument? _current;
    private long _revision;
    private volatile bool _closed;
    private volatile bool _holding;
    private volatile string _phase = "";
    private long? _failedAt;
    private volatile string _problem = "";

    /// <summary>Whether nodes are being stopped and started: nothing else may be done to them.</summary>
    public bool IsBusy => !_work.IsCompleted;

    /// <summary>Whether the cache is on its way.</summary>
    public bool IsUnderWay => IsBusy || _current is not null;

    /// <summary>Whether other work on the nodes has to wait.</summary>
    public bool Excludes => IsBusy || _current is { Phase: not ClusteringPhase.Preparing };

    /// <summary>Whether clients must not be served now, though there may be a primary.</summary>
    public bool IsClosed => _closed;

    /// <summary>Reads how far it has come.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        if (IsBusy)
        {
            return;
        }

        var key = StoreKeys.Clustering(cache);
        var entry = await services.Store.GetAsync(key, cancellationToken);
        (_current, _revision) = entry is null ? (null, 0) : (StoreCodec.Decode<ClusteringDocument>(key, entry.Value, DocumentSchemas.Current), entry.Revision);
        _closed = _current is { Phase: ClusteringPhase.Starting } or { Phase: ClusteringPhase.Undoing, Served: false };
    }

    /// <summary>The cache as its nodes are to be at the moment: what its spec says of the cluster is only reached in the end.</summary>
    /// <param name="document">The cache.</param>
    /// <returns>The cache.</returns>
    public CacheDocument Now(CacheDocument document) => _current is not { } state ? document : As(document, state.IsClustered, state);

    /// <summary>What the operation is told; <c>null</c> where nothing is under way.</summary>
    /// <returns>Percent and phase.</returns>
    public (int Percent, string Phase)? Progress() => _current is not { } state ? null : state.Phase switch
    {
        _ when IsBusy && state.Fault.Length == 0 => (20, $"becoming a cluster: {_phase}"),
        ClusteringPhase.Preparing => (5, _problem.Length > 0 ? $"becoming a cluster: {_problem}" : "becoming a cluster: waiting until all nodes are in sync"),
        ClusteringPhase.Starting => (40, "becoming a cluster: commands wait, the nodes start as a cluster"),
        ClusteringPhase.Serving => (60, "becoming a cluster: it serves, the replicas are syncing"),
        _ => (90, $"going back to no cluster: {state.Fault}"),
    };

    /// <summary>Takes the step that is due.</summary>
    /// <param name="document">The cache as its spec wants it.</param>
    /// <param name="revision">The revision of the cache's document.</param>
    /// <param name="agents">Its shards.</param>
    /// <param name="idle">Whether nothing else works with the nodes' data.</param>
    /// <param name="plan">Makes the shard's plan from the cache and its nodes.</param>
    /// <param name="stop">Ends what is under way; the next daemon goes on with it.</param>
    /// <returns>Whether it has ended, so that the cache has to be looked at afresh.</returns>
    public async Task<bool> StepAsync(
        CacheDocument document, long revision, ImmutableArray<ShardAgent> agents, bool idle, Func<CacheDocument, ImmutableArray<NodeDocument>, ShardPlan> plan,
        CancellationToken stop)
    {
        if (IsBusy || _current is not { } state)
        {
            return false;
        }

        var agent = agents[0];
        var snapshot = agent.Snapshot;
        var waited = services.Clock.GetUtcNow() - state.Since;
        switch (state.Phase)
        {
            case ClusteringPhase.Preparing:
                if (waited > services.Options.OperationDeadline)
                {
                    await WriteAsync(state with { Phase = ClusteringPhase.Returning, Fault = _problem.Length > 0 ? _problem : snapshot.Outcome }, stop);
                }
                else if (idle && snapshot.Ready && (_failedAt is not { } failed || services.Clock.GetElapsedTime(failed) >= RetryInterval))
                {
                    Begin(new ClusteringSwitch.Work(agent, As(document, clustered: true, state), state, _revision, plan), stop);
                }

                return false;
            case ClusteringPhase.Starting:
                if (HasAllSlots(snapshot))
                {
                    await WriteAsync(state with { Phase = ClusteringPhase.Serving, Served = true }, stop);
                    _closed = false;
                    Release(document.Spec.Name);
                }
                else if (WhyNot(snapshot, waited) is { } why)
                {
                    await UndoAsync(document, state, why, stop);
                }

                return false;
            case ClusteringPhase.Serving:
                Release(document.Spec.Name);
                if (snapshot.Ready && cluster.Problem.Length == 0)
                {
                    return await FinishAsync(document, agent, state, stop);
                }

                if (WhyNot(snapshot, waited) is { } problem)
                {
                    await UndoAsync(document, state, problem, stop);
                }

                return false;
            case ClusteringPhase.Undoing:
                _holding = false;
                _work = Task.Run(() => LeaveAsync(new ClusteringSwitch.Work(agent, As(document, clustered: false, state), state, _revision, plan), stop), CancellationToken.None);
                return false;
            default:
                return (snapshot.Ready || waited > services.Options.ReplacementLimit) && await EndUndoneAsync(document, revision, agent, state, stop);
        }
    }

    /// <summary>Waits for the end of the work, which must have been told to stop.</summary>
    public Task StopAsync() => _work;

    private static CacheDocument As(CacheDocument document, bool clustered, ClusteringDocument state) => document with
    {
        Spec = document.Spec with { Cluster = clustered ? new ClusterSpec { EnableCluster = true, ShardCount = 1 } : state.Before },
    };

    private static bool HasAllSlots(ShardSnapshot snapshot) =>
        snapshot.Primary is { } primary
        && snapshot.Nodes.First(node => node.Ordinal == primary.NodeOrdinal).View is { IsOk: true, Myself: { IsReplica: false } myself }
        && myself.Slots.Sum(range => range.Count) == SlotRange.Slots;

    private string? WhyNot(ShardSnapshot snapshot, TimeSpan waited) =>
        snapshot.FailedStarts >= StartsBeforeGivingUp ? $"an engine does not start: {snapshot.StartProblem}"
        : waited > services.Options.ReplacementLimit ? $"it was not whole within {services.Options.ReplacementLimit}: {snapshot.Outcome}"
        : null;

    private void Release(string name)
    {
        if (_holding)
        {
            _holding = false;
            services.Nodes.Gateway.Release(name);
        }
    }

    private void Begin(ClusteringSwitch.Work work, CancellationToken stop)
    {
        _phase = "all nodes save what they have";
        _work = Task.Run(() => EnterAsync(work, stop), CancellationToken.None);
    }

    private async Task EnterAsync(ClusteringSwitch.Work work, CancellationToken stop)
    {
        try
        {
            var fault = await _switch.EnterAsync(
                work,
                () => _closed = true,
                phase =>
                {
                    _phase = phase;
                    wake();
                },
                stop);
            _holding = fault is null;
            if (fault is not null)
            {
                await WriteAsync(work.State with { Phase = ClusteringPhase.Returning, Fault = fault }, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The next daemon goes on.
        }
        catch (Exception exception) when (exception is EngineException or ControlStoreException or IOException or UnauthorizedAccessException)
        {
            _failedAt = services.Clock.GetTimestamp();
            _problem = exception.Message;
            Log.NotYet(services.Logger, work.Cache, exception.Message);
        }
        finally
        {
            wake();
        }
    }

    private async Task LeaveAsync(ClusteringSwitch.Work work, CancellationToken stop)
    {
        try
        {
            await _switch.LeaveAsync(work, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The next daemon goes on.
        }
        catch (Exception exception) when (exception is EngineException or ControlStoreException or IOException or UnauthorizedAccessException)
        {
            // Begun anew in the next cycle.
            Log.NotYet(services.Logger, work.Cache, exception.Message);
        }
        finally
        {
            wake();
        }
    }

    private async Task UndoAsync(CacheDocument document, ClusteringDocument state, string why, CancellationToken stop)
    {
        Log.Undone(services.Logger, document.Spec.Name, why);
        await WriteAsync(state with { Phase = ClusteringPhase.Undoing, Fault = why }, stop);
    }

    private async Task<bool> FinishAsync(CacheDocument document, ShardAgent agent, ClusteringDocument state, CancellationToken stop)
    {
        ClusteringSwitch.Forget(agent, state);
        var key = StoreKeys.Clustering(cache);
        var transaction = StoreTransaction.Empty.IfRevision(key, _revision).Delete(key);
        if (document.Spec.ShardCount > 1 && cluster.State is { } map)
        {
            var all = Enumerable.Range(0, document.Spec.ShardCount).Aggregate(map.Document.Shards, (shards, shard) => shards.ContainsKey(shard) ? shards : shards.Add(shard, ""));
            var next = map.Document with { Shards = all, Scaling = new ScalingDocument(state.OperationId, 1, document.Spec.ShardCount) };
            transaction = transaction.IfRevision(StoreKeys.Cluster(cache), map.Revision).Put(StoreKeys.Cluster(cache), StoreCodec.Encode(next, DocumentSchemas.Current));
        }

        if (!(await services.Store.CommitAsync(transaction, stop)).Committed)
        {
            return false;
        }

        var pause = state.HeldAt is { } held ? $"; commands waited for {(state.Since - held).TotalMilliseconds:0} ms while its nodes were started anew" : "";
        services.Events.Append(new CacheEvent(EventKind.ClusteringCompleted, document.Spec.Name, $"{document.Spec.Name} is a cluster of one shard{pause}."));
        Log.Done(services.Logger, document.Spec.Name, pause);
        return true;
    }

    private async Task<bool> EndUndoneAsync(CacheDocument document, long revision, ShardAgent agent, ClusteringDocument state, CancellationToken stop)
    {
        ClusteringSwitch.Forget(agent, state);
        var message = $"{document.Spec.Name} is no cluster, and has all that it had: {state.Fault}";
        await services.Operations.FailAsync(state.OperationId, new OperationError("not_clustered", message, Undone: true), stop);
        var (key, spec) = (StoreKeys.Clustering(cache), StoreKeys.Spec(cache));
        var before = As(document, clustered: false, state) with { Generation = document.Generation + 1 };
        var transaction = StoreTransaction.Empty
            .IfRevision(key, _revision).Delete(key)
            .IfRevision(spec, revision).Put(spec, StoreCodec.Encode(before, DocumentSchemas.Current));
        if (!(await services.Store.CommitAsync(transaction, stop)).Committed)
        {
            return false;
        }

        services.Events.Append(new CacheEvent(EventKind.ClusteringUndone, document.Spec.Name, message));
        return true;
    }

    private async Task WriteAsync(ClusteringDocument next, CancellationToken cancellationToken)
    {
        var key = StoreKeys.Clustering(cache);
        next = next with { Since = services.Clock.GetUtcNow() };
        var result = await services.Store.CommitAsync(
            StoreTransaction.Empty.IfRevision(key, _revision).Put(key, StoreCodec.Encode(next, DocumentSchemas.Current)), cancellationToken);
        if (result.Committed)
        {
            (_current, _revision) = (next, result.Revision);
            wake();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3420, LogLevel.Information, "{Cache} cannot be restarted with other nodes yet, and it is tried again: {Problem}")]
        public static partial void NotYet(ILogger logger, string cache, string problem);

        [LoggerMessage(3421, LogLevel.Warning, "{Cache} cannot become a cluster, and goes back: {Problem}")]
        public static partial void Undone(ILogger logger, string cache, string problem);

        [LoggerMessage(3422, LogLevel.Information, "{Cache} is a cluster of one shard{Pause}.")]
        public static partial void Done(ILogger logger, string cache, string pause);
    }
}
