using Larder.Chaos.Checking;

namespace Larder.Chaos.Clusters;

/// <summary>What a run against a clustered cache does.</summary>
/// <param name="Program">The path of <c>larder</c>.</param>
/// <param name="Sequence">The steps.</param>
/// <param name="Seed">The seed of the sequence and of the clients' choices.</param>
public sealed record ClusterChaosOptions(string Program, ClusterSequence Sequence, int Seed)
{
    /// <summary>The engine: <c>redis</c> or <c>valkey</c>. Garnet is refused as a cluster.</summary>
    public string Engine { get; init; } = "redis";

    /// <summary>The version, as a spec names it; Redis from 7.0 on.</summary>
    public string Version { get; init; } = "latest";

    /// <summary>What the cache promises.</summary>
    public Durability Durability { get; init; } = Durability.Async;

    /// <summary>Replicas of each shard, 1 to 3.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>Clients that know nothing of shards and clients that know clusters, by turns; at least 12, so that there are all workloads of each.</summary>
    public int Clients { get; init; } = 12;

    /// <summary>The longest pause of a client between two operations.</summary>
    public TimeSpan Pace { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Data that nobody touches, so that moving slots takes its time, in MiB.</summary>
    public int FillerMegabytes { get; init; } = 4;

    /// <summary>Memory of each node, in MiB.</summary>
    public int MemoryMegabytes { get; init; } = 64;

    /// <summary>Where a copy of the daemon's log is left, since the home is removed; <c>null</c> for nowhere.</summary>
    public string? LogCopy { get; init; }

    /// <summary>Takes what a person should read while it goes on, one line at a time; <c>null</c> for nobody.</summary>
    public Action<string>? Progress { get; init; }
}
