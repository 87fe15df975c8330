using System.Collections.Immutable;
using Larder.Engines.Clusters;
using Larder.Model.Status;

namespace Larder.Engines;

/// <summary>What a node says of itself.</summary>
public sealed record NodeProbe
{
    /// <summary>The process that answered: part of the identity check when a node is adopted.</summary>
    public required int ProcessId { get; init; }

    /// <summary>Whether the node is still loading its data and takes no commands.</summary>
    public required bool Loading { get; init; }

    /// <summary>Its role.</summary>
    public required NodeRole Role { get; init; }

    /// <summary>The primary that a replica follows, or <c>null</c>.</summary>
    public ReplicationTarget? Following { get; init; }

    /// <summary>Whether a replica's link to its primary is up and its initial sync complete.</summary>
    public required bool LinkUp { get; init; }

    /// <summary>Whether a replica is in a full sync: it then has no complete data and may not be promoted.</summary>
    public required bool FullSyncInProgress { get; init; }

    /// <summary>Bytes of the replication stream written (primary) or applied (replica).</summary>
    public required long ReplicationOffset { get; init; }

    /// <summary>Identifies the history that <see cref="ReplicationOffset"/> counts in; offsets of different histories cannot be compared.</summary>
    public required string ReplicationId { get; init; }

    /// <summary>How a node of a cluster sees it; <c>null</c> for one of an unclustered cache, and while it loads.</summary>
    public ClusterView? Cluster { get; init; }

    /// <summary>Memory used for data, bytes.</summary>
    public required long UsedMemoryBytes { get; init; }

    /// <summary>Keys in all databases.</summary>
    public required long Keys { get; init; }

    /// <summary>Commands a second, of the last moments; <c>null</c> where the engine does not tell.</summary>
    public long? OperationsPerSecond { get; init; }

    /// <summary>Keys by database; those without any are not in it. Empty where the engine does not tell.</summary>
    public ImmutableSortedDictionary<int, long> DatabaseKeys { get; init; } = ImmutableSortedDictionary<int, long>.Empty;

    /// <summary>What it says of its append-only log; <c>null</c> where it keeps none, or tells nothing of it.</summary>
    public LogProbe? Log { get; init; }

    /// <summary>CPU time of the process so far (of its main thread where the engine tells), user and system.</summary>
    public required TimeSpan CpuTime { get; init; }

    /// <summary>Whether this is a replica that has applied all that a primary had written.</summary>
    /// <param name="primary">What the primary said of itself, before.</param>
    public bool HasAllOf(NodeProbe primary)
    {
        ArgumentNullException.ThrowIfNull(primary);
        return this is { Role: NodeRole.Replica, LinkUp: true, FullSyncInProgress: false } && ReplicationOffset >= primary.ReplicationOffset;
    }
}
