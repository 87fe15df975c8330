using System.Collections.Immutable;
using Larder.Controller.Caches;
using Larder.Controller.Shards;
using Larder.Engines;
using Larder.Engines.Clusters;
using Larder.Model.Status;
using Larder.Store;
using Larder.Store.Documents;
using Microsoft.Extensions.Logging;

namespace Larder.Controller.Clusters;

/// <summary>
/// What holds the shards of a clustered cache together: which of them has which slots, and that their nodes know each other. Used by the cache's loop, and
/// where it says so by others.
/// </summary>
/// <remarks>
/// <code>
/// control store: slots by shard ──▶ claim of each shard ──▶ its primary holds it, from its promotion on   (the shard's loop)
///                                └▶ every node's view is compared with it; nodes are introduced, strangers forgotten   (the cache's loop)
/// </code>
/// The engines agree among themselves by gossip, in which the newest claim of a slot wins. Since only Larder promotes and only Larder moves slots, what the control store
/// says becomes what they all say.
/// </remarks>
/// <param name="cache">The cache.</param>
/// <param name="services">What it needs.</param>
internal sealed partial class CacheCluster(string cache, CacheServices services) : IAsyncDisposable
{
    private static readonly TimeSpan MeetingTime = TimeSpan.FromSeconds(1);

    private readonly ClusterConnections _connections = new(services.Nodes.Engines);
    private readonly Dictionary<(int Ordinal, string NodeId), long> _introduced = [];
    private readonly Lock _gate = new();
    private volatile ClusterState? _state;
    private volatile ClusterState? _published;
    private ImmutableArray<ShardAgent> _agents = [];

    /// <summary>What the control store says; <c>null</c> in an unclustered cache.</summary>
    public ClusterState? State => _state;

    /// <summary>
    /// What the shards are measured by. Slots that are about to move are not on their way here before all that takes part is prepared.
    /// </summary>
    public ClusterState? Published => _published;

    /// <summary>The ids of all shards, ascending.</summary>
    public IReadOnlyList<int> Shards => [.. _agents.Select(agent => agent.Snapshot.Status.Id)];

    /// <summary>One sentence on what the engines do not agree on yet; empty where they do, and in an unclustered cache.</summary>
    public string Problem { get; private set; } = "";

    /// <summary>Keys that were moved since this daemon began.</summary>
    public long KeysMoved => Volatile.Read(ref _keysMoved);

    private long _keysMoved;

    /// <summary>Reads which shard has which slot; a new cache gets them spread evenly.</summary>
    /// <param name="document">The cache.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task LoadAsync(CacheDocument document, CancellationToken cancellationToken)
    {
        if (!document.Spec.Cluster.EnableCluster)
        {
            return;
        }

        var key = StoreKeys.Cluster(cache);
        var entry = await services.Store.GetAsync(key, cancellationToken);
        if (entry is null)
        {
            await services.Store.CommitAsync(
                StoreTransaction.Empty.IfAbsent(key).Put(key, StoreCodec.Encode(ClusterState.New(document.Spec.ShardCount), DocumentSchemas.Current)), cancellationToken);
            entry = await services.Store.GetAsync(key, cancellationToken)
                ?? throw new InvalidOperationException($"The control store lost {key} while it was written.");
        }

        Learn(new ClusterState(StoreCodec.Decode<ClusterDocument>(key, entry.Value, DocumentSchemas.Current), entry.Revision));
        _published ??= _state;
    }

    /// <summary>Changes the document by compare-and-swap. Thread-safe.</summary>
    /// <param name="change">From what is there to what is to be.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task ChangeAsync(Func<ClusterDocument, ClusterDocument> change, CancellationToken cancellationToken)
    {
        var key = StoreKeys.Cluster(cache);
        while (await services.Store.GetAsync(key, cancellationToken) is { } entry)
        {
            var next = change(StoreCodec.Decode<ClusterDocument>(key, entry.Value, DocumentSchemas.Current));
            var result = await services.Store.CommitAsync(
                StoreTransaction.Empty.IfRevision(key, entry.Revision).Put(key, StoreCodec.Encode(next, DocumentSchemas.Current)), cancellationToken);
            if (result.Committed)
            {
                Learn(new ClusterState(next, result.Revision));
                return;
            }
        }
    }

    /// <summary>The cache is no cluster any more: it has gone back to what it was.</summary>
    /// <param name="ordinals">Its nodes.</param>
    public async Task LeaveAsync(IEnumerable<int> ordinals)
    {
        lock (_gate)
        {
            _state = null;
        }

        _published = null;
        Problem = "";
        await _connections.CloseAsync(ordinals);
    }

    /// <summary>Has the shards measured by what the control store says now. Thread-safe.</summary>
    public void Publish() => _published = _state;

    /// <summary>What a shard's primary must hold. Thread-safe.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="state">By what; by default what is published.</param>
    /// <returns>Its claim.</returns>
    public ClusterClaim ClaimOf(int shard, ClusterState? state = null) => (state ?? _published) is not { } measure ? ClusterClaim.Nothing : new ClusterClaim(
        measure.Map.Of(shard),
        [.. measure.Document.Moves.Where(move => move.From == shard).Select(move => Link(move.Slot, move.To)).OfType<SlotLink>()],
        [.. measure.Document.Moves.Where(move => move.To == shard).Select(move => Link(move.Slot, move.From)).OfType<SlotLink>()])
    {
        Prepared = [.. _state?.Document.Moves.Select(move => move.Slot) ?? []],
    };

    /// <summary>A shard's primary, if it has one. Thread-safe.</summary>
    /// <param name="shard">The shard.</param>
    /// <returns>The primary, or <c>null</c>.</returns>
    public NodeSight? PrimaryOf(int shard) =>
        Find(shard)?.Snapshot is { Primary: { } route } snapshot ? snapshot.Nodes.First(node => node.Ordinal == route.NodeOrdinal) : null;

    /// <summary>A connection to a shard's primary. Thread-safe.</summary>
    /// <param name="shard">The shard.</param>
    /// <returns>The connection, and what others call the node.</returns>
    /// <exception cref="EngineException">The shard has no primary at the moment.</exception>
    public async Task<(IClusterNode Node, ClusterPeer Peer)> PrimaryAsync(int shard) =>
        PrimaryOf(shard) is { Self: { } peer } primary
            ? (await _connections.ToAsync(Find(shard)!.Installation, primary.Configuration), peer)
            : throw new EngineException(EngineFailure.Unreachable, $"shard {shard} of {cache} has no primary at the moment");

    /// <summary>Counts keys that were moved. Thread-safe.</summary>
    /// <param name="moved">The keys.</param>
    public void CountMoved(MovedKeys moved) => Interlocked.Add(ref _keysMoved, moved.Keys);

    /// <summary>Looks at how the nodes see their cluster, and takes the steps that are due.</summary>
    /// <param name="agents">The cache's shards.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task StepAsync(ImmutableArray<ShardAgent> agents, CancellationToken cancellationToken)
    {
        _agents = agents;
        if (_published is not { } state)
        {
            return;
        }

        var snapshots = agents.Select(agent => agent.Snapshot).ToList();
        var sights = snapshots.SelectMany(snapshot => snapshot.Nodes).ToList();
        var shards = snapshots.SelectMany(snapshot => snapshot.Nodes.Select(node => (node.Ordinal, snapshot.Status.Id))).ToDictionary();
        Problem = Disagreement();
        var moving = !state.Document.Moves.IsEmpty || _state != state;
        foreach (var step in ClusterSteps.Decide(sights).Concat(moving ? [] : ClusterSteps.Remind(sights, state.Map, ordinal => shards[ordinal])))
        {
            if (step.Meet is { } peer && !MayMeet(step.Ordinal, peer))
            {
                continue;
            }

            await TakeAsync(step, sights.First(sight => sight.Ordinal == step.Ordinal), cancellationToken);
        }
    }

    /// <summary>What the nodes do not agree on by what their shards' loops last saw. Thread-safe.</summary>
    /// <returns>One sentence; empty where they agree, and in an unclustered cache.</returns>
    public string Disagreement()
    {
        if (_published is not { } state)
        {
            return "";
        }

        var snapshots = _agents.Select(agent => agent.Snapshot).ToList();
        var shards = snapshots.SelectMany(snapshot => snapshot.Nodes.Select(node => (node.Ordinal, snapshot.Status.Id))).ToDictionary();
        return ClusterSteps.Problem([.. snapshots.SelectMany(snapshot => snapshot.Nodes)], state.Map, ordinal => shards[ordinal]);
    }

    /// <summary>Closes the connections to nodes that are no more.</summary>
    /// <param name="ordinals">The nodes.</param>
    public Task ForgetAsync(IEnumerable<int> ordinals) => _connections.CloseAsync(ordinals);

    /// <summary>Closes the connections to the nodes.</summary>
    public ValueTask DisposeAsync() => _connections.DisposeAsync();

    private void Learn(ClusterState state)
    {
        lock (_gate)
        {
            if (_state is not { } known || known.Revision < state.Revision)
            {
                _state = state;
            }
        }
    }

    // Two nodes need a moment to meet; asked again meanwhile, they would begin anew.
    private bool MayMeet(int ordinal, ClusterPeer peer)
    {
        var now = services.Clock.GetTimestamp();
        if (_introduced.TryGetValue((ordinal, peer.NodeId), out var last) && services.Clock.GetElapsedTime(last, now) < MeetingTime)
        {
            return false;
        }

        _introduced[(ordinal, peer.NodeId)] = now;
        return true;
    }

    private ShardAgent? Find(int shard) => _agents.FirstOrDefault(agent => agent.Snapshot.Status.Id == shard);

    private async Task TakeAsync(ClusterStep step, NodeSight sight, CancellationToken cancellationToken)
    {
        try
        {
            var node = await _connections.ToAsync(_agents[0].Installation, sight.Configuration);
            if (step.Meet is { } peer)
            {
                await node.MeetAsync(peer, cancellationToken);
                Log.NodeIntroduced(services.Logger, cache, step.Ordinal, peer.Port);
            }
            else
            {
                await node.ForgetAsync(step.Forget, cancellationToken);
                Log.NodeForgotten(services.Logger, cache, step.Ordinal, step.Forget);
            }
        }
        catch (EngineException exception)
        {
            // Looked at afresh in the next cycle.
            Log.StepFailed(services.Logger, cache, step.Ordinal, exception.Message);
        }
    }

    // The node that is, or was last, the primary of a shard: whoever follows it there gets the link anew.
    private SlotLink? Link(int slot, int shard) =>
        Find(shard)?.Snapshot.Nodes.FirstOrDefault(node => node.Role == NodeRole.Primary)?.Self is { } peer
            ? new SlotLink(slot, peer.NodeId)
            : null;

    private static partial class Log
    {
        [LoggerMessage(3400, LogLevel.Debug, "{Cache}: node {Node} is introduced to the one at port {Port}.")]
        public static partial void NodeIntroduced(ILogger logger, string cache, int node, int port);

        [LoggerMessage(3401, LogLevel.Debug, "{Cache}: node {Node} forgets {NodeId}, which is not of this cache.")]
        public static partial void NodeForgotten(ILogger logger, string cache, int node, string nodeId);

        [LoggerMessage(3402, LogLevel.Warning, "{Cache}: node {Node} could not be told about its cluster and is told again: {Problem}")]
        public static partial void StepFailed(ILogger logger, string cache, int node, string problem);
    }
}
