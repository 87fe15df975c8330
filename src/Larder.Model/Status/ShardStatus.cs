using System.Collections.Immutable;

namespace Larder.Model.Status;

/// <summary>What was last seen of one shard.</summary>
/// <param name="Id">0-based.</param>
/// <param name="Epoch">The leader key's epoch; 0 before the first primary.</param>
/// <param name="Slots">Hash-slot ranges, such as <c>0-16383</c>.</param>
/// <param name="Nodes">Its nodes by ordinal.</param>
public sealed record ShardStatus(int Id, long Epoch, string Slots, ImmutableArray<NodeStatus> Nodes);
