using System.Collections.Immutable;

namespace Larder.Model.Status;

/// <summary>What was last seen of one engine node.</summary>
public sealed record NodeStatus
{
    /// <summary>0-based in the cache; shard <c>s</c> with <c>r</c> replicas owns <c>s(r+1)</c> .. <c>s(r+1)+r</c>.</summary>
    public required int Ordinal { get; init; }

    /// <summary>Its role by the leader key.</summary>
    public required NodeRole Role { get; init; }

    /// <summary>Its state.</summary>
    public required NodeState State { get; init; }

    /// <summary>The host that runs it.</summary>
    public required string Host { get; init; }

    /// <summary>The host's zone label, or <c>null</c>.</summary>
    public string? Zone { get; init; }

    /// <summary>The engine process, or <c>null</c> where none runs.</summary>
    public int? Pid { get; init; }

    /// <summary>The gateway's TLS port for this node alone, or <c>null</c> where it has none.</summary>
    public int? TlsPort { get; init; }

    /// <summary>The gateway's plain port for this node alone, or <c>null</c> where it has none.</summary>
    public int? PlainPort { get; init; }

    /// <summary>Bytes of the replication stream written (primary) or applied (replica); <c>null</c> where unknown.</summary>
    public long? ReplicationOffset { get; init; }

    /// <summary>Bytes behind the primary; 0 on the primary; <c>null</c> where unknown.</summary>
    public long? LagBytes { get; init; }

    /// <summary>Memory used for data, bytes; <c>null</c> where unknown.</summary>
    public long? UsedMemoryBytes { get; init; }

    /// <summary>Keys in all databases; <c>null</c> where unknown.</summary>
    public long? Keys { get; init; }

    /// <summary>Commands a second, of the last moments; <c>null</c> where unknown. What is replicated counts on a replica.</summary>
    public long? OperationsPerSecond { get; init; }

    /// <summary>Keys by database; those without any are not in it. Empty where unknown.</summary>
    public ImmutableSortedDictionary<int, long> DatabaseKeys { get; init; } = ImmutableSortedDictionary<int, long>.Empty;

    /// <summary>How often the process was started again since it last ran well.</summary>
    public int Restarts { get; init; }

    /// <summary>One sentence on what is wrong with it; empty where nothing is.</summary>
    public string Message { get; init; } = "";
}
