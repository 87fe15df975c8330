using System.Collections.Immutable;
using System.Globalization;
using Larder.Management.Contracts;
using Larder.Model.Plans;
using Larder.Model.Specs;
using Larder.Model.Status;
using Larder.Store;
using Larder.Store.Documents;

namespace Larder.Management.Services;

/// <summary>Changes of the number of shards: what is refused before they begin, how they are asked for, and how they pause.</summary>
/// <param name="documents">The stored caches.</param>
/// <param name="store">The control store.</param>
/// <param name="statuses">What was seen.</param>
internal sealed class ScalingService(CacheDocuments documents, IControlStore store, IStatusSource statuses)
{
    private const string Count = "cluster.shard_count";

    /// <summary>What speaks against a change at this moment.</summary>
    /// <param name="current">The cache.</param>
    /// <param name="desired">What is wanted.</param>
    /// <param name="acceptEviction">Whether keys may be evicted until the data fits.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The refusals.</returns>
    public async Task<ImmutableArray<PlanRefusal>> RefusalsAsync(CacheSpec current, CacheSpec desired, bool acceptEviction, CancellationToken cancellationToken)
    {
        var (cluster, _) = await documents.ReadAsync<ClusterDocument>(StoreKeys.Cluster(current.Name), cancellationToken);
        var (now, wanted) = (Text(current.ShardCount), Text(desired.ShardCount));
        if (cluster?.Scaling is { } running)
        {
            return [new PlanRefusal(Count, now, wanted, Busy(current.Name, running), $"Wait until that is done; see: larder show {current.Name}")];
        }

        var shrinks = CapacitySizes.NodeBytes(desired) < CapacitySizes.NodeBytes(current);
        if (current.ShardCount == desired.ShardCount && !shrinks)
        {
            return [];
        }

        var status = statuses.Find(current.Name);
        var refusals = ImmutableArray.CreateBuilder<PlanRefusal>();
        if (current.ShardCount != desired.ShardCount && current.Cluster.EnableCluster)
        {
            if (await store.GetAsync(StoreKeys.Transfer(current.Name), cancellationToken) is not null)
            {
                refusals.Add(new PlanRefusal(
                    Count, now, wanted, $"A backup, restore, export or import of {current.Name} is under way, and slots must not move meanwhile.",
                    $"Wait until it has ended; see: larder events {current.Name}"));
            }

            var down = status?.Shards.SelectMany(shard => shard.Nodes).FirstOrDefault(node => node.State != NodeState.InSync);
            if (cluster is null || status is null || status.Shards.IsEmpty || down is not null)
            {
                refusals.Add(new PlanRefusal(
                    Count, now, wanted,
                    down is null ? $"{current.Name} is not formed yet." : $"Node {down.Ordinal} of {current.Name} is {down.State}: slots move only while all nodes are in sync.",
                    $"Wait until it is Ready; see: larder show {current.Name}"));
            }
            else if (desired.ShardCount < current.ShardCount && Used(status) is var used && used > CapacitySizes.UsableBytes(desired) * desired.ShardCount)
            {
                refusals.Add(new PlanRefusal(
                    Count, now, wanted,
                    $"{current.Name} holds {Mib(used)} MiB, and {Shards(desired.ShardCount)} of {CapacitySizes.NodeMb(desired)} MiB {(desired.ShardCount == 1 ? "takes" : "take")} {Mib(CapacitySizes.UsableBytes(desired) * desired.ShardCount)} MiB.",
                    "Keep more shards, remove data, or apply a larger size first."));
            }
        }

        if (shrinks && status is not null)
        {
            var fullest = status.Shards.SelectMany(shard => shard.Nodes).Max(node => node.UsedMemoryBytes) ?? 0;
            if (fullest > CapacitySizes.UsableBytes(desired) && !acceptEviction)
            {
                refusals.Add(new PlanRefusal(
                    desired.MemoryMb is null ? "redis.capacity" : "memory_mb",
                    $"{CapacitySizes.NodeMb(current)} MiB", $"{CapacitySizes.NodeMb(desired)} MiB",
                    $"A node holds {Mib(fullest)} MiB, and of {CapacitySizes.NodeMb(desired)} MiB {Mib(CapacitySizes.UsableBytes(desired))} MiB are for data: keys would be evicted.",
                    "Keep a larger size, remove data, or accept that: larder apply FILE --accept-eviction."));
            }
        }

        return refusals.ToImmutable();
    }

    /// <summary>Makes sure that the number of shards is not being changed.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ManagementException">It is.</exception>
    public async Task RequireIdleAsync(string cache, CancellationToken cancellationToken)
    {
        if ((await documents.ReadAsync<ClusterDocument>(StoreKeys.Cluster(cache), cancellationToken)).Document?.Scaling is { } running)
        {
            throw new ManagementException(ManagementFailure.Busy, $"{Busy(cache, running)} Wait until that is done; see: larder show {cache}");
        }
    }

    /// <summary>Adds to the commit of a changed spec what the change of the number of shards needs.</summary>
    /// <param name="transaction">The commit.</param>
    /// <param name="current">The cache.</param>
    /// <param name="desired">What is wanted.</param>
    /// <param name="operationId">The operation that tells of it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The longer commit.</returns>
    public async Task<StoreTransaction> AddAsync(
        StoreTransaction transaction, CacheSpec current, CacheSpec desired, string operationId, CancellationToken cancellationToken)
    {
        var key = StoreKeys.Cluster(current.Name);
        if (!current.Cluster.EnableCluster || await documents.ReadAsync<ClusterDocument>(key, cancellationToken) is not ({ } cluster, var revision))
        {
            return transaction;
        }

        var next = current.ShardCount == desired.ShardCount ? cluster : cluster with
        {
            Shards = Enumerable.Range(0, desired.ShardCount).Aggregate(cluster.Shards, (shards, shard) => shards.ContainsKey(shard) ? shards : shards.Add(shard, "")),
            Scaling = new ScalingDocument(operationId, current.ShardCount, desired.ShardCount),
        };

        // Whatever is changed, no scaling may have begun since it was looked at; and none begins while data is read or replaced as a whole.
        return (current.ShardCount == desired.ShardCount ? transaction : transaction.IfAbsent(StoreKeys.Transfer(current.Name)))
            .IfRevision(key, revision).Put(key, StoreCodec.Encode(next, DocumentSchemas.Current));
    }

    /// <summary>Has a change of the number of shards pause, or go on.</summary>
    /// <param name="name">The cache.</param>
    /// <param name="request">Which.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The operation to follow.</returns>
    /// <exception cref="ManagementException">There is no such cache, or its number of shards is not being changed.</exception>
    public async Task<ApplyView> PauseAsync(string name, ScalingRequest request, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (document, _) = await documents.GetAsync(name, cancellationToken);
            var key = StoreKeys.Cluster(document.Spec.Name);
            var (cluster, revision) = await documents.ReadAsync<ClusterDocument>(key, cancellationToken);
            if (cluster?.Scaling is not { } scaling)
            {
                throw new ManagementException(ManagementFailure.Refused, $"The number of shards of {document.Spec.Name} is not being changed.");
            }

            var next = cluster with { Scaling = scaling with { Paused = request.Paused } };
            var result = await store.CommitAsync(
                StoreTransaction.Empty.IfRevision(key, revision).Put(key, StoreCodec.Encode(next, DocumentSchemas.Current)), cancellationToken);
            if (result.Committed)
            {
                return new ApplyView(null, scaling.OperationId);
            }
        }
    }

    private static string Busy(string cache, ScalingDocument running) =>
        $"{cache} is being changed from {running.From} to {running.To} shards, and takes no other change meanwhile.";

    private static long Used(CacheStatus status) =>
        status.Shards.Sum(shard => shard.Nodes.Where(node => node.Role == NodeRole.Primary).Max(node => node.UsedMemoryBytes) ?? 0);

    private static string Shards(int count) => count == 1 ? "1 shard" : $"{count} shards";

    private static string Mib(long bytes) => (bytes / (1024 * 1024d)).ToString("0.#", CultureInfo.InvariantCulture);

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
