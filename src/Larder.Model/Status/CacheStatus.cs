using System.Collections.Immutable;

namespace Larder.Model.Status;

/// <summary>What the controller last saw of a cache: the observed state. Immutable.</summary>
public sealed record CacheStatus
{
    /// <summary>Where its backups stand; <c>null</c> where there are none and none are taken.</summary>
    public BackupStatus? Backup { get; init; }

    /// <summary>The change of the number of shards that is under way, or <c>null</c>.</summary>
    public ScalingStatus? Scaling { get; init; }

    /// <summary>What endangers data or backups while the cache serves, and what to do; one sentence each.</summary>
    public ImmutableArray<string> Alarms { get; init; } = [];

    /// <summary>The state as a whole.</summary>
    public required CacheState State { get; init; }

    /// <summary>One sentence: why the state is what it is, and what to do where a person must act.</summary>
    public string Message { get; init; } = "";

    /// <summary>The spec generation this status was reached for.</summary>
    public long ObservedGeneration { get; init; }

    /// <summary>The engine family in use, lower case; <c>null</c> before one is chosen.</summary>
    public string? Engine { get; init; }

    /// <summary>The engine's full version, as its binary states it; <c>null</c> before one is chosen.</summary>
    public string? Version { get; init; }

    /// <summary>Shards by id.</summary>
    public ImmutableArray<ShardStatus> Shards { get; init; } = [];
}
