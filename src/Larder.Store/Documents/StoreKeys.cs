using System.Globalization;

namespace Larder.Store.Documents;

/// <summary>Where each document lies in the control store. Cache names are compared without case, so their keys are lower case.</summary>
public static class StoreKeys
{
    /// <summary>The prefix of all caches.</summary>
    public const string Caches = "/larder/caches/";

    /// <summary>The prefix of all operations.</summary>
    public const string Operations = "/larder/operations/";

    /// <summary>The prefix of everything of one cache.</summary>
    /// <param name="cache">The cache's name.</param>
    /// <returns>A prefix that ends with a slash.</returns>
    public static string Cache(string cache) => Caches + cache.ToLowerInvariant() + "/";

    /// <summary>The desired state: a <see cref="CacheDocument"/>.</summary>
    /// <param name="cache">The cache's name.</param>
    /// <returns>The key.</returns>
    public static string Spec(string cache) => Cache(cache) + "spec";

    /// <summary>The protected secrets: a <see cref="SecretsDocument"/>.</summary>
    /// <param name="cache">The cache's name.</param>
    /// <returns>The key.</returns>
    public static string Secrets(string cache) => Cache(cache) + "secrets";

    /// <summary>What the controller has reached: an <see cref="ObservedDocument"/>.</summary>
    /// <param name="cache">The cache's name.</param>
    /// <returns>The key.</returns>
    public static string Observed(string cache) => Cache(cache) + "observed";

    /// <summary>A change of the primary that was asked for: a <see cref="FailoverDocument"/>.</summary>
    /// <param name="cache">The cache's name.</param>
    /// <returns>The key.</returns>
    public static string Failover(string cache) => Cache(cache) + "failover";

    /// <summary>What is known of the cache's backups: a <see cref="BackupDocument"/>.</summary>
    /// <param name="cache">The cache's name.</param>
    /// <returns>The key.</returns>
    public static string Backup(string cache) => Cache(cache) + "backup";

    /// <summary>A backup, restore, export or import that was asked for: a <see cref="TransferDocument"/>.</summary>
    /// <param name="cache">The cache's name.</param>
    /// <returns>The key.</returns>
    public static string Transfer(string cache) => Cache(cache) + "transfer";

    /// <summary>Of a clustered cache: which shard has which slots: a <see cref="ClusterDocument"/>.</summary>
    /// <param name="cache">The cache's name.</param>
    /// <returns>The key.</returns>
    public static string Cluster(string cache) => Cache(cache) + "cluster";

    /// <summary>Of a cache that is becoming a cluster: a <see cref="ClusteringDocument"/>.</summary>
    /// <param name="cache">The cache's name.</param>
    /// <returns>The key.</returns>
    public static string Clustering(string cache) => Cache(cache) + "clustering";

    /// <summary>A node's placement: a <see cref="NodeDocument"/>.</summary>
    /// <param name="cache">The cache's name.</param>
    /// <param name="ordinal">The node's ordinal.</param>
    /// <returns>The key.</returns>
    public static string Node(string cache, int ordinal) =>
        Nodes(cache) + ordinal.ToString("D4", CultureInfo.InvariantCulture);

    /// <summary>The prefix of all nodes of a cache.</summary>
    /// <param name="cache">The cache's name.</param>
    /// <returns>The prefix.</returns>
    public static string Nodes(string cache) => Cache(cache) + "nodes/";

    /// <summary>A shard's leader key, bound to the leader's lease: a <see cref="LeaderDocument"/>.</summary>
    /// <param name="cache">The cache's name.</param>
    /// <param name="shard">The shard's id.</param>
    /// <returns>The key.</returns>
    public static string Leader(string cache, int shard) =>
        Cache(cache) + "shards/" + shard.ToString("D4", CultureInfo.InvariantCulture) + "/leader";

    /// <summary>A shard's epoch, which outlives the leader key: an <see cref="EpochDocument"/>.</summary>
    /// <param name="cache">The cache's name.</param>
    /// <param name="shard">The shard's id.</param>
    /// <returns>The key.</returns>
    public static string Epoch(string cache, int shard) =>
        Cache(cache) + "shards/" + shard.ToString("D4", CultureInfo.InvariantCulture) + "/epoch";

    /// <summary>An operation: an <c>OperationDocument</c>.</summary>
    /// <param name="id">The operation's id.</param>
    /// <returns>The key.</returns>
    public static string Operation(string id) => Operations + id;
}
