using System.Collections.Immutable;

namespace Larder.Chaos.Counting;

/// <summary>What a counting run does.</summary>
/// <param name="Program">The path of <c>larder</c>.</param>
/// <param name="Keys">How many keys.</param>
/// <param name="Shards">The numbers of shards, one after the other; it begins with the first.</param>
public sealed record CountingOptions(string Program, int Keys, ImmutableArray<int> Shards)
{
    /// <summary>The engine: <c>redis</c> or <c>valkey</c>.</summary>
    public string Engine { get; init; } = "redis";

    /// <summary>The version, as a spec names it.</summary>
    public string Version { get; init; } = "latest";

    /// <summary>Replicas of each shard, 1 to 3.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>Clients that read keys, check them, and count, while slots move.</summary>
    public int Clients { get; init; } = 8;

    /// <summary>Memory of each node, in MiB. Engines keep tables for each slot that has keys, some ten MiB where a node has all of them.</summary>
    public int MemoryMegabytes { get; init; } = 256;

    /// <summary>Where a copy of the daemon's log is left, since the home is removed; <c>null</c> for nowhere.</summary>
    public string? LogCopy { get; init; }

    /// <summary>Takes what a person should read while it goes on; <c>null</c> for nobody.</summary>
    public Action<string>? Progress { get; init; }
}
