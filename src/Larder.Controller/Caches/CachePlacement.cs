using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using Larder.Model.Engines;
using Larder.Store;
using Larder.Store.Documents;

namespace Larder.Controller.Caches;

/// <summary>Decides, once for each cache, where its nodes run and with which engine, and records it.</summary>
/// <param name="services">What it needs.</param>
internal sealed class CachePlacement(CacheServices services)
{
    /// <summary>The nodes that are recorded for a cache.</summary>
    /// <param name="cache">Its name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>By ordinal; empty before they are placed.</returns>
    public async Task<ImmutableArray<NodeDocument>> FindAsync(string cache, CancellationToken cancellationToken)
    {
        var snapshot = await services.Store.ListAsync(StoreKeys.Nodes(cache), cancellationToken);
        return [.. snapshot.Entries.Select(entry => StoreCodec.Decode<NodeDocument>(entry.Key, entry.Value, DocumentSchemas.Current))];
    }

    /// <summary>Places those nodes of a cache that have no place yet, in one commit.</summary>
    /// <param name="document">The cache.</param>
    /// <param name="installation">The engine that they run.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>All nodes by ordinal.</returns>
    public async Task<ImmutableArray<NodeDocument>> PlaceAsync(
        CacheDocument document, EngineInstallation installation, CancellationToken cancellationToken)
    {
        var spec = document.Spec;
        await services.PlacementGate.WaitAsync(cancellationToken);
        try
        {
            var present = await FindAsync(spec.Name, cancellationToken);
            var missing = Enumerable.Range(0, spec.ShardCount * spec.NodesPerShard).Except(present.Select(node => node.Ordinal)).ToList();
            var clustered = spec.Cluster.EnableCluster;
            var ports = new Queue<int>(PortAllocator.Find(
                IPAddress.Loopback, missing.Count * (clustered ? 2 : 1), await TakenPortsAsync(cancellationToken), services.Nodes.Random));
            var shards = present.Where(node => node.EngineShardId is not null).GroupBy(node => node.Shard).ToDictionary(shard => shard.Key, shard => shard.First().EngineShardId);
            var nodes = missing.Select(ordinal =>
            {
                var shard = ordinal / spec.NodesPerShard;
                if (clustered && !shards.ContainsKey(shard))
                {
                    shards[shard] = NewEngineId();
                }

                return new NodeDocument
                {
                    Ordinal = ordinal,
                    Shard = shard,
                    Host = services.Host.Name,
                    ReplicationAddress = IPAddress.Loopback.ToString(),
                    ReplicationPort = ports.Dequeue(),
                    BusPort = clustered ? ports.Dequeue() : null,
                    EngineNodeId = clustered ? NewEngineId() : null,
                    EngineShardId = clustered ? shards[shard] : null,
                    Engine = installation.Family,
                    Version = installation.Version.ToString(),
                };
            }).ToList();
            var transaction = nodes.Aggregate(StoreTransaction.Empty, (transaction, node) =>
            {
                var key = StoreKeys.Node(spec.Name, node.Ordinal);
                return transaction.IfAbsent(key).Put(key, StoreCodec.Encode(node, DocumentSchemas.Current));
            });
            await services.Store.CommitAsync(transaction, cancellationToken);
            return await FindAsync(spec.Name, cancellationToken);
        }
        finally
        {
            services.PlacementGate.Release();
        }
    }

    /// <summary>Makes the nodes of an unclustered cache the nodes of one shard of a cluster, or the other way round, in one commit with more.</summary>
    /// <param name="cache">Its name.</param>
    /// <param name="clustered">Which.</param>
    /// <param name="more">Adds to the commit.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>All nodes by ordinal, as they are after the commit.</returns>
    /// <exception cref="ControlStoreException">It was not committed.</exception>
    public async Task<ImmutableArray<NodeDocument>> ChangeMembershipAsync(
        string cache, bool clustered, Func<StoreTransaction, StoreTransaction> more, CancellationToken cancellationToken)
    {
        await services.PlacementGate.WaitAsync(cancellationToken);
        try
        {
            var nodes = await FindAsync(cache, cancellationToken);
            if (clustered)
            {
                var shard = NewEngineId();
                var ports = new Queue<int>(PortAllocator.Find(IPAddress.Loopback, nodes.Length, await TakenPortsAsync(cancellationToken), services.Nodes.Random));
                nodes = [.. nodes.Select(node => node with { BusPort = ports.Dequeue(), EngineNodeId = NewEngineId(), EngineShardId = shard })];
            }
            else
            {
                nodes = [.. nodes.Select(node => node with { BusPort = null, EngineNodeId = null, EngineShardId = null })];
            }

            var transaction = nodes.Aggregate(StoreTransaction.Empty, (transaction, node) =>
                transaction.Put(StoreKeys.Node(cache, node.Ordinal), StoreCodec.Encode(node, DocumentSchemas.Current)));
            return (await services.Store.CommitAsync(more(transaction), cancellationToken)).Committed
                ? nodes
                : throw new ControlStoreException($"What {cache} is to be was changed by somebody else.", isTransient: true);
        }
        finally
        {
            services.PlacementGate.Release();
        }
    }

    /// <summary>Gives nodes other replication ports, where another process has taken theirs while they did not run.</summary>
    /// <param name="cache">Its name.</param>
    /// <param name="taken">
    /// The ports, not the nodes: asked again by what was seen before the nodes had moved, it moves nobody a second time.
    /// </param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>All nodes of the cache, by ordinal.</returns>
    public async Task<ImmutableArray<NodeDocument>> MovePortsAsync(string cache, ImmutableArray<int> taken, CancellationToken cancellationToken)
    {
        await services.PlacementGate.WaitAsync(cancellationToken);
        try
        {
            var nodes = await FindAsync(cache, cancellationToken);
            var homeless = nodes.Where(node => taken.Contains(node.ReplicationPort)).ToList();
            if (homeless.Count == 0)
            {
                return nodes;
            }

            var free = new Queue<int>(PortAllocator.Find(
                IPAddress.Loopback, homeless.Sum(node => node.BusPort is null ? 1 : 2), await TakenPortsAsync(cancellationToken), services.Nodes.Random));
            var transaction = StoreTransaction.Empty;
            foreach (var node in homeless)
            {
                transaction = transaction.Put(
                    StoreKeys.Node(cache, node.Ordinal),
                    StoreCodec.Encode(
                        node with { ReplicationPort = free.Dequeue(), BusPort = node.BusPort is null ? null : free.Dequeue() }, DocumentSchemas.Current));
            }

            await services.Store.CommitAsync(transaction, cancellationToken);
            return await FindAsync(cache, cancellationToken);
        }
        finally
        {
            services.PlacementGate.Release();
        }
    }

    /// <summary>The installation that a node was placed with.</summary>
    /// <param name="node">The node.</param>
    /// <returns>
    /// The catalogue's entry; where it is not there any more, one that cannot be started and says so, since the node may still be running.
    /// </returns>
    public EngineInstallation InstallationOf(NodeDocument node) =>
        services.Catalogue.Current.Installations.FirstOrDefault(
            installation => installation.Family == node.Engine && installation.Version.ToString() == node.Version)
        ?? new EngineInstallation
        {
            Family = node.Engine,
            Version = Version.Parse(node.Version),
            ServerPath = $"{node.Engine} {node.Version} (no longer in the catalogue: install it again)",
            Executable = $"/{node.Engine} {node.Version} (no longer in the catalogue: install it again)",
            Origin = "missing",
        };

    private async Task<HashSet<int>> TakenPortsAsync(CancellationToken cancellationToken)
    {
        var snapshot = await services.Store.ListAsync(StoreKeys.Caches, cancellationToken);
        return [.. services.Host.ClientPorts, .. snapshot.Entries
            .Where(entry => entry.Key.Contains("/nodes/", StringComparison.Ordinal))
            .Select(entry => StoreCodec.Decode<NodeDocument>(entry.Key, entry.Value, DocumentSchemas.Current))
            .SelectMany(node => node.BusPort is { } bus ? new[] { node.ReplicationPort, bus } : [node.ReplicationPort])];
    }

    private static string NewEngineId() => RandomNumberGenerator.GetHexString(40, lowercase: true);
}
