using System.Collections.Immutable;
using Larder.Model.Clusters;
using Larder.Model.Plans;
using Larder.Model.Specs;
using Larder.Model.Status;
using Larder.Store;
using Larder.Store.Documents;

namespace Larder.Management.Services;

/// <summary>Turning clustering on for a cache that exists: what is refused before it begins, and how it is asked for.</summary>
/// <param name="documents">The stored caches.</param>
/// <param name="statuses">What was seen.</param>
/// <param name="clock">The clock.</param>
internal sealed class ClusteringService(CacheDocuments documents, IStatusSource statuses, TimeProvider clock)
{
    private const string Enable = "cluster.enable_cluster";

    /// <summary>What speaks against a change at this moment.</summary>
    /// <param name="current">The cache.</param>
    /// <param name="desired">What is wanted.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The refusals.</returns>
    public async Task<ImmutableArray<PlanRefusal>> RefusalsAsync(CacheSpec current, CacheSpec desired, CancellationToken cancellationToken)
    {
        if (await FindAsync(current.Name, cancellationToken) is { } running)
        {
            return [Refusal(Busy(current.Name, running), $"Wait until that is done; see: larder show {current.Name}")];
        }

        if (current.Cluster.EnableCluster || !desired.Cluster.EnableCluster)
        {
            return [];
        }

        var nodes = statuses.Find(current.Name)?.Shards.SelectMany(shard => shard.Nodes).ToList() ?? [];
        if (nodes.Count == 0 || nodes.Find(node => node.State != NodeState.InSync) is not null)
        {
            var why = nodes.Find(node => node.State != NodeState.InSync) is { } down
                ? $"Node {down.Ordinal} of {current.Name} is {down.State}: a cache becomes a cluster only while all its nodes are in sync."
                : $"{current.Name} is not formed yet.";
            return [Refusal(why, $"Wait until it is Ready; see: larder show {current.Name}")];
        }

        var used = OtherDatabases.Describe(nodes.Find(node => node.Role == NodeRole.Primary)?.DatabaseKeys ?? ImmutableSortedDictionary<int, long>.Empty);
        return used.Length == 0
            ? []
            : [Refusal(
                $"A cluster has database 0 alone, and {used}.",
                "Move the keys to database 0 or remove them, and have no client use another database.")];
    }

    /// <summary>Makes sure that the cache is not on its way to a cluster.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ManagementException">It is.</exception>
    public async Task RequireIdleAsync(string cache, CancellationToken cancellationToken)
    {
        if (await FindAsync(cache, cancellationToken) is { } running)
        {
            throw new ManagementException(ManagementFailure.Busy, $"{Busy(cache, running)} Wait until that is done; see: larder show {cache}");
        }
    }

    /// <summary>Adds to the commit of a changed spec what turning clustering on needs.</summary>
    /// <param name="transaction">The commit.</param>
    /// <param name="current">The cache.</param>
    /// <param name="desired">What is wanted.</param>
    /// <param name="operationId">The operation that tells of it.</param>
    /// <returns>The longer commit.</returns>
    public StoreTransaction Add(StoreTransaction transaction, CacheSpec current, CacheSpec desired, string operationId)
    {
        // Whatever is changed, it may not have begun since it was looked at.
        var key = StoreKeys.Clustering(current.Name);
        transaction = transaction.IfAbsent(key);
        return current.Cluster.EnableCluster || !desired.Cluster.EnableCluster
            ? transaction
            : transaction.Put(key, StoreCodec.Encode(new ClusteringDocument(operationId, current.Cluster) { Since = clock.GetUtcNow() }, DocumentSchemas.Current));
    }

    private async Task<ClusteringDocument?> FindAsync(string cache, CancellationToken cancellationToken) =>
        (await documents.ReadAsync<ClusteringDocument>(StoreKeys.Clustering(cache), cancellationToken)).Document;

    private static string Busy(string cache, ClusteringDocument running) => running.Fault.Length == 0
        ? $"{cache} is becoming a cluster, and takes no other change meanwhile."
        : $"{cache} goes back to what it was before it was to become a cluster, and takes no other change meanwhile.";

    private static PlanRefusal Refusal(string why, string instead) => new(Enable, "false", "true", why, instead);
}
