namespace Larder.Model.Specs;

/// <summary>
/// What a user wants of one cache: the desired state. Immutable and complete; presets and defaults are already applied.
/// Source: the parameter form of the Azure Cache for Redis bundle (Massdriver's azure-cache-redis) and Larder's extensions.
/// </summary>
public sealed record CacheSpec
{
    /// <summary>The cache's name: 1..63 letters, digits and single inner hyphens; unique in an installation, compared without case.</summary>
    public required string Name { get; init; }

    /// <summary>The preset that the file named, or <c>null</c>. Informative: its values are already in the other members.</summary>
    public string? Preset { get; init; }

    /// <summary>Version, size, replicas, persistence.</summary>
    public required RedisSpec Redis { get; init; }

    /// <summary>Sharding.</summary>
    public ClusterSpec Cluster { get; init; } = new();

    /// <summary>Alarms.</summary>
    public MonitoringSpec Monitoring { get; init; } = new();

    /// <summary>The engine asked for; <c>null</c> means what is installed (Redis, else Valkey), else Garnet.</summary>
    public EngineFamily? Engine { get; init; }

    /// <summary>When writes are acknowledged.</summary>
    public DurabilityMode Durability { get; init; } = DurabilityMode.Async;

    /// <summary>What clients see of an unplanned change of the primary.</summary>
    public FailoverSpec Failover { get; init; } = new();

    /// <summary>Users beyond <c>default</c>, and what they may do.</summary>
    public AccessSpec Access { get; init; } = new();

    /// <summary>From where clients may come.</summary>
    public FirewallSpec Firewall { get; init; } = new();

    /// <summary>Where copies of the data go and how many are kept.</summary>
    public BackupSpec Backup { get; init; } = new();

    /// <summary>Memory of each node in MiB; <c>null</c> means the size of <see cref="RedisSpec.Capacity"/>.</summary>
    public int? MemoryMb { get; init; }

    /// <summary>Whether clients outside loopback and private networks may be served. False unless asked for.</summary>
    public bool PublicNetworkAccess { get; init; }

    /// <summary>Where the gateway listens for this cache.</summary>
    public EndpointSpec Endpoint { get; init; } = new();

    /// <summary>A certificate of the user's own, or <c>null</c> for one issued by the installation's CA.</summary>
    public CertificateSpec? Certificate { get; init; }

    /// <summary>Number of shards: 1 for an unclustered cache.</summary>
    public int ShardCount => Cluster.EnableCluster ? Cluster.ShardCount ?? 1 : 1;

    /// <summary>Number of engine nodes of each shard: the primary and its replicas.</summary>
    public int NodesPerShard => Redis.ReplicasPerPrimary + 1;
}
