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
/// What holds the shards of a clustered cache together: which of them has which slots, and that their nodes know each other. Used by the cache's loop alone, except for
/// <see cref="ClaimOf"/>.
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
    private readonly Dictionary<int, (NodeConfiguration Configuration, IClusterNode Node)> _connections = [];
    private volatile ClusterState? _state;
    private ImmutableArray<ShardAgent> _agents = [];

    /// <summary>Which shard has which slot; <c>null</c> in an unclustered cache.</summary>
    public ClusterState? State => _state;

    /// <summary>One sentence on what the engines do not agree on yet; empty where they do, and in an unclustered cache.</summary>
    public string Problem { get; private set; } = "";

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

        if (_state?.Revision != entry.Revision)
        {
            _state = new ClusterState(StoreCodec.Decode<ClusterDocument>(key, entry.Value, DocumentSchemas.Current), entry.Revision);
        }
    }

    /// <summary>What a shard's primary must hold now. Thread-safe.</summary>
    /// <param name="shard">The shard.</param>
    /// <returns>Its claim.</returns>
    public ClusterClaim ClaimOf(int shard) => _state is not { } state ? ClusterClaim.Nothing : new ClusterClaim(
        state.Map.Of(shard),
        [.. state.Document.Moves.Where(move => move.From == shard).Select(move => Link(move.Slot, move.To)).OfType<SlotLink>()],
        [.. state.Document.Moves.Where(move => move.To == shard).Select(move => Link(move.Slot, move.From)).OfType<SlotLink>()]);

    /// <summary>Looks at how the nodes see their cluster, and takes the steps that are due.</summary>
    /// <param name="agents">The cache's shards.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task StepAsync(ImmutableArray<ShardAgent> agents, CancellationToken cancellationToken)
    {
        _agents = agents;
        if (_state is not { } state)
        {
            return;
        }

        var snapshots = agents.Select(agent => agent.Snapshot).ToList();
        var sights = snapshots.SelectMany(snapshot => snapshot.Nodes).ToList();
        foreach (var step in ClusterSteps.Decide(sights))
        {
            await TakeAsync(step, sights.First(sight => sight.Ordinal == step.Ordinal), cancellationToken);
        }

        var shards = snapshots.SelectMany(snapshot => snapshot.Nodes.Select(node => (node.Ordinal, snapshot.Status.Id))).ToDictionary();
        Problem = ClusterSteps.Problem(sights, state.Map, ordinal => shards[ordinal]);
    }

    /// <summary>Closes the connections to the nodes.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var (_, node) in _connections.Values)
        {
            await node.DisposeAsync();
        }

        _connections.Clear();
    }

    private async Task TakeAsync(ClusterStep step, NodeSight sight, CancellationToken cancellationToken)
    {
        try
        {
            var node = await ConnectionAsync(sight.Configuration);
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

    private async Task<IClusterNode> ConnectionAsync(NodeConfiguration configuration)
    {
        if (_connections.TryGetValue(configuration.Ordinal, out var known))
        {
            if (known.Configuration.SocketPath == configuration.SocketPath && known.Configuration.Cluster?.Self == configuration.Cluster?.Self)
            {
                return known.Node;
            }

            await known.Node.DisposeAsync();
        }

        var node = services.Nodes.Engines.For(_agents[0].Family).OpenCluster(configuration);
        _connections[configuration.Ordinal] = (configuration, node);
        return node;
    }

    // The node that is, or was last, the primary of a shard: whoever follows it there gets the link anew.
    private SlotLink? Link(int slot, int shard) =>
        _agents.FirstOrDefault(agent => agent.Snapshot.Status.Id == shard)?.Snapshot.Nodes.FirstOrDefault(node => node.Role == NodeRole.Primary)?.Self is { } peer
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
