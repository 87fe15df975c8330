namespace Larder.Model.Specs;

/// <summary>The <c>cluster</c> section of a spec.</summary>
public sealed record ClusterSpec
{
    /// <summary>Whether the cache is sharded. Cannot be turned off again.</summary>
    public bool EnableCluster { get; init; }

    /// <summary>1..10 shards; only with <see cref="EnableCluster"/>.</summary>
    public int? ShardCount { get; init; }
}
