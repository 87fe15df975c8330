using Larder.Chaos.Checking;

namespace Larder.Chaos.Clusters;

/// <summary>The spec of a clustered cache, as JSON, which is YAML too.</summary>
/// <param name="Name">The cache.</param>
/// <param name="Engine">The engine.</param>
/// <param name="Version">Its version.</param>
/// <param name="MemoryMegabytes">Memory of each node.</param>
/// <param name="Replicas">Replicas of each shard.</param>
/// <param name="Durability">What is promised.</param>
public sealed record ClusterSpecText(string Name, string Engine, string Version, int MemoryMegabytes, int Replicas, Durability Durability)
{
    /// <summary>The text.</summary>
    /// <param name="shards">How many shards.</param>
    /// <param name="holdMilliseconds">How long commands wait for a primary: a setting that can be changed without harm.</param>
    public string Of(int shards, int holdMilliseconds) => $$"""
        { "name": "{{Name}}", "preset": "development", "engine": "{{Engine}}", "memory_mb": {{MemoryMegabytes}},
          "durability": "{{(Durability == Durability.Quorum ? "quorum" : "async")}}", "failover": { "hold_ms": {{holdMilliseconds}} },
          "redis": { "redis_version": "{{Version}}", "replicas_per_primary": {{Replicas}} },
          "cluster": { "enable_cluster": true, "shard_count": {{shards}} } }
        """;
}
