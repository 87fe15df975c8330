using System.Collections.Concurrent;
using System.Collections.Immutable;
using Larder.Controller.Caches;
using Larder.Controller.Shards;
using Larder.Engines;
using Larder.Engines.Clusters;
using Larder.Model.Clusters;
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
    private static readonly TimeSpan LastEpochLimit = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan EpochGlance = TimeSpan.FromMilliseconds(5);

    private readonly ClusterConnections _connections = new(services.Nodes.Engines);
    private readonly ConcurrentDictionary<(int Ordinal, string NodeId), long> _introduced = [];
    private readonly ConcurrentDictionary<int, ClaimUse> _uses = [];
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

    /// <summary>Has the shards measured by what the control store says now, while nobody is told by what it said before. Thread-safe.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public Task PublishAsync(CancellationToken cancellationToken) => AloneAsync(
        () =>
        {
            _published = _state;
            return Task.CompletedTask;
        },
        cancellationToken);

    /// <summary>Waits for a moment in which no node is told what it must hold. Whoever is told from then on is told by what the control store says now. Thread-safe.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public Task ToldAsync(CancellationToken cancellationToken) => AloneAsync(() => Task.CompletedTask, cancellationToken);

    /// <summary>Gives slots that have arrived to their new shards: in the control store, and as what the shards are measured by. Thread-safe.</summary>
    /// <remarks>No shard that gives some away gets another primary meanwhile: that one would claim them under an epoch that the new owner has not heard of.</remarks>
    /// <param name="moves">The slots.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="EngineException">A new owner has not heard of the others' epochs yet, or a node does not answer; nothing has changed.</exception>
    public Task ArriveAsync(ImmutableArray<SlotMove> moves, CancellationToken cancellationToken) => AloneAsync(
        async () =>
        {
            await AwaitEpochsAsync(moves, LastEpochLimit, cancellationToken);
            await ChangeAsync(
                document => document with
                {
                    Shards = ClusterState.DocumentOf(SlotMap.Parse(document.Shards).With(moves), document.Shards.Keys).Shards,
                    Moves = [],
                },
                cancellationToken);
            _published = _state;
        },
        cancellationToken);

    /// <summary>What a shard's primary must hold, for its loop. Thread-safe.</summary>
    /// <param name="shard">The shard.</param>
    /// <returns>The claim as it is whenever it is used.</returns>
    public ClaimUse UseOf(int shard) => _uses.GetOrAdd(shard, id => new ClaimUse(() => ClaimOf(id)));

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
    public async ValueTask DisposeAsync()
    {
        await _connections.DisposeAsync();
        foreach (var use in _uses.Values)
        {
            use.Dispose();
        }
    }

    private Task AloneAsync(Func<Task> work, CancellationToken cancellationToken) => ClaimUse.AloneAsync([.. Shards.Select(UseOf)], work, cancellationToken);

    /// <summary>Waits until the epochs of all that takes part are in order; who has not heard of one is introduced to who has it.</summary>
    /// <param name="moves">Slots that are about to get to their new shards.</param>
    /// <param name="limit">How long.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="EngineException">They did not come to be in time, or a node does not answer.</exception>
    public async Task AwaitEpochsAsync(ImmutableArray<SlotMove> moves, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(limit, services.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            while (EpochOrder.Disorder(await LookAtEpochsAsync(moves, either.Token), moves) is { IsEmpty: false } introductions)
            {
                foreach (var (one, other) in introductions)
                {
                    var sights = _agents.SelectMany(agent => agent.Snapshot.Nodes).ToList();
                    if (sights.Find(sight => sight.Ordinal == one) is { } first && sights.Find(sight => sight.Ordinal == other) is { Self: { } peer })
                    {
                        await IntroduceAsync(first, peer, either.Token);
                    }
                }

                await Task.Delay(EpochGlance, services.Clock, either.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new EngineException(EngineFailure.TimedOut, $"the shards of {cache} did not hear of each other's epochs within {limit.TotalMilliseconds:0} ms");
        }
    }

    private async Task<IReadOnlyList<EpochSight>> LookAtEpochsAsync(ImmutableArray<SlotMove> moves, CancellationToken cancellationToken)
    {
        // Any node of a shard that gives slots may be its primary in a moment; of the others, those that are.
        var sources = moves.Select(move => move.From).ToHashSet();
        var asked = _agents.Select(agent => agent.Snapshot).SelectMany(snapshot => snapshot.Nodes
            .Where(node => node.View is not null && (node.Role == NodeRole.Primary || sources.Contains(snapshot.Status.Id)))
            .Select(node => (snapshot.Status.Id, Node: node)));
        return await Task.WhenAll(asked.Select(async one =>
            new EpochSight(one.Node.Ordinal, one.Id, one.Node.Role == NodeRole.Primary, await (await ConnectAsync(one.Node)).ReadEpochsAsync(cancellationToken))));
    }

    private async Task IntroduceAsync(NodeSight node, ClusterPeer peer, CancellationToken cancellationToken)
    {
        if (MayMeet(node.Ordinal, peer))
        {
            await (await ConnectAsync(node)).MeetAsync(peer, cancellationToken);
            Log.NodeIntroduced(services.Logger, cache, node.Ordinal, peer.Port);
        }
    }

    private Task<IClusterNode> ConnectAsync(NodeSight sight) => _connections.ToAsync(_agents[0].Installation, sight.Configuration);

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
            if (step.Meet is { } peer)
            {
                await IntroduceAsync(sight, peer, cancellationToken);
            }
            else
            {
                await (await ConnectAsync(sight)).ForgetAsync(step.Forget, cancellationToken);
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
