using System.Collections.Immutable;
using Larder.Chaos.Checking;
using Larder.Chaos.Faults;

namespace Larder.Chaos.Running;

/// <summary>What a run does.</summary>
/// <param name="Program">The path of <c>larder</c>.</param>
/// <param name="Schedule">The faults.</param>
/// <param name="Seed">The seed of the schedule and of the clients' choices.</param>
public sealed record ChaosOptions(string Program, ImmutableArray<PlannedFault> Schedule, int Seed)
{
    /// <summary>The engine: <c>redis</c>, <c>valkey</c> or <c>garnet</c>.</summary>
    public string Engine { get; init; } = "redis";

    /// <summary>The version, as a spec names it.</summary>
    public string Version { get; init; } = "latest";

    /// <summary>What the cache promises.</summary>
    public Durability Durability { get; init; } = Durability.Async;

    /// <summary>Replicas of the shard, 1 to 3.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>Clients, at least 6.</summary>
    public int Clients { get; init; } = 12;

    /// <summary>The longest pause of a client between two operations.</summary>
    public TimeSpan Pace { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Data that nobody touches, so that a full sync takes its time, in MiB.</summary>
    public int FillerMegabytes { get; init; }

    /// <summary>Memory of each node, in MiB.</summary>
    public int MemoryMegabytes { get; init; } = 64;

    /// <summary>Where a copy of the daemon's log is left, since the home is removed; <c>null</c> for nowhere.</summary>
    public string? LogCopy { get; init; }

    /// <summary>Takes what a person should read while it goes on, one line at a time; <c>null</c> for nobody.</summary>
    public Action<string>? Progress { get; init; }
}
