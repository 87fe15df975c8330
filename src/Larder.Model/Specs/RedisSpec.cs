namespace Larder.Model.Specs;

/// <summary>The <c>redis</c> section of a spec.</summary>
public sealed record RedisSpec
{
    /// <summary>A major (<c>7</c>), a major.minor (<c>7.0</c>) of the catalogue, or <c>latest</c>.</summary>
    public string RedisVersion { get; init; } = "latest";

    /// <summary>Size class 1..5: 6, 13, 26, 53 and 120 GB per shard.</summary>
    public required int Capacity { get; init; }

    /// <summary>Replicas of each shard, 1..3. Fixed at creation.</summary>
    public required int ReplicasPerPrimary { get; init; }

    /// <summary>Persistence. Fixed at creation.</summary>
    public PersistenceMode Persistence { get; init; } = PersistenceMode.Disabled;

    /// <summary>Minutes between snapshots (15, 30, 60, 360, 720, 1440); only with <see cref="PersistenceMode.Rdb"/>.</summary>
    public int? RdbPersistence { get; init; }

    /// <summary>Whether the plain port 6379 is served beside TLS.</summary>
    public bool NonSslPort { get; init; }
}
