using System.Collections.Immutable;
using Larder.Engines.Clusters;
using Larder.Model.Specs;

namespace Larder.Engines;

/// <summary>Everything that defines a node, independent of the engine.</summary>
public sealed record NodeConfiguration
{
    private const long SmallestLogRewriteBytes = 64L << 20;
    private const long LargestLogRewriteBytes = 1L << 30;

    /// <summary>The cache it belongs to.</summary>
    public required string Cache { get; init; }

    /// <summary>Its ordinal in the cache.</summary>
    public required int Ordinal { get; init; }

    /// <summary>Absolute path of its data folder: owned by this node alone; the engine's working directory.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Absolute path of the folder for its generated configuration, owner-only.</summary>
    public required string ConfigurationFolder { get; init; }

    /// <summary>Absolute path of its unix socket, at most 100 bytes.</summary>
    public required string SocketPath { get; init; }

    /// <summary>Address that it listens on for replication.</summary>
    public required string ReplicationAddress { get; init; }

    /// <summary>Port that it listens on for replication. Only Larder's internal user is admitted.</summary>
    public required int ReplicationPort { get; init; }

    /// <summary>The memory limit for data, in bytes.</summary>
    public required long MaxMemoryBytes { get; init; }

    /// <summary>The most connections it must take.</summary>
    public required int MaxClients { get; init; }

    /// <summary>Databases, where the engine has several.</summary>
    public int Databases { get; init; } = 16;

    /// <summary>How it keeps its data.</summary>
    public required PersistenceMode Persistence { get; init; }

    /// <summary>Minutes between snapshots, with <see cref="PersistenceMode.Rdb"/>.</summary>
    public int? SnapshotMinutes { get; init; }

    /// <summary>
    /// Absolute path of the folder that its log lies in, or <c>null</c> for one in <see cref="DataFolder"/>. Only where
    /// <see cref="EngineFeatures.SplitLog"/> is set.
    /// </summary>
    public string? LogFolder { get; init; }

    /// <summary>
    /// Below this size its log is not rewritten: a rewrite costs the node as much as a snapshot, and a busy cache of little data would be rewritten every few
    /// seconds if only the growth counted. Loading so much takes seconds.
    /// </summary>
    public long LogRewriteBytes => Math.Clamp(MaxMemoryBytes, SmallestLogRewriteBytes, LargestLogRewriteBytes);

    /// <summary>How far back the past of its log is kept; zero keeps none.</summary>
    public TimeSpan HistoryWindow { get; init; }

    /// <summary>The internal user that administers the nodes and that replicas authenticate as; may do everything.</summary>
    public required EngineUser InternalUser { get; init; }

    /// <summary>The user that the gateway authenticates as; may do all but the blocked commands.</summary>
    public required EngineUser GatewayUser { get; init; }

    /// <summary>The users of clients beyond <c>default</c>, which is the <see cref="GatewayUser"/>.</summary>
    public ImmutableArray<ClientUser> ClientUsers { get; init; } = [];

    /// <summary>What makes it a node of a cluster; <c>null</c> for one of an unclustered cache.</summary>
    public ClusterMembership? Cluster { get; init; }

    /// <summary>The primary it starts as a replica of, or <c>null</c> to start on its own.</summary>
    public ReplicationTarget? StartAsReplicaOf { get; init; }
}
