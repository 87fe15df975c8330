using Larder.Model.Status;

namespace Larder.Management.Contracts;

/// <summary>One node as management shows it. Members as in <see cref="NodeStatus"/>; <see cref="Role"/> is lower case.</summary>
/// <param name="Ordinal">0-based in the cache.</param>
/// <param name="Role"><c>primary</c> or <c>replica</c>.</param>
/// <param name="State">Its state.</param>
/// <param name="Host">The host that runs it.</param>
/// <param name="Zone">The host's zone, or <c>null</c>.</param>
/// <param name="Pid">The engine process, or <c>null</c>.</param>
/// <param name="TlsPort">A TLS port for this node alone, or <c>null</c>.</param>
/// <param name="PlainPort">A plain port for this node alone, or <c>null</c>.</param>
/// <param name="ReplicationOffset">Bytes of the replication stream, or <c>null</c>.</param>
/// <param name="LagBytes">Bytes behind the primary, or <c>null</c>.</param>
/// <param name="UsedMemoryBytes">Memory used for data, or <c>null</c> where unknown.</param>
/// <param name="Keys">Keys that it has, or <c>null</c> where unknown.</param>
/// <param name="Restarts">Starts since it last ran well.</param>
/// <param name="Message">What is wrong with it; empty where nothing is.</param>
public sealed record NodeView(
    int Ordinal, string Role, NodeState State, string Host, string? Zone, int? Pid, int? TlsPort, int? PlainPort,
    long? ReplicationOffset, long? LagBytes, long? UsedMemoryBytes, long? Keys, int Restarts, string Message)
{
    /// <summary>Commands a second, of the last moments; <c>null</c> where unknown.</summary>
    public long? OperationsPerSecond { get; init; }
}
