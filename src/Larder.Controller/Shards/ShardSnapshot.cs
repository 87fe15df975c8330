using System.Collections.Immutable;
using Larder.Model.Routing;
using Larder.Model.Status;

namespace Larder.Controller.Shards;

/// <summary>What a shard's loop last saw: one immutable value, swapped as a whole.</summary>
/// <param name="Status">Nodes, roles, epoch.</param>
/// <param name="Primary">The way to the primary, or <c>null</c> while there is none.</param>
/// <param name="Outcome">One sentence on what the last cycle did or waits for.</param>
/// <param name="FailedStarts">The most starts in a row of one node that ended before it ever answered.</param>
/// <param name="StartProblem">What that node said; empty where none failed.</param>
/// <param name="PortsTaken">The replication ports of nodes that cannot start because another process has them.</param>
/// <param name="Alarms">What is wrong with what running nodes have on disk; one sentence each.</param>
internal sealed record ShardSnapshot(
    ShardStatus Status, PrimaryRoute? Primary, string Outcome, int FailedStarts, string StartProblem, ImmutableArray<int> PortsTaken,
    ImmutableArray<string> Alarms)
{
    /// <summary>The nodes by ordinal, with their answers.</summary>
    public required ImmutableArray<NodeSight> Nodes { get; init; }

    /// <summary>Whether the loop has looked at its nodes at least once.</summary>
    public bool Looked => Outcome != ShardAgent.Starting;

    /// <summary>Whether the shard has its primary and all its replicas in sync.</summary>
    public bool Ready => Primary is not null && Status.Nodes.All(node => node.State == NodeState.InSync);
}
