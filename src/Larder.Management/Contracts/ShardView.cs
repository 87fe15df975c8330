using System.Collections.Immutable;

namespace Larder.Management.Contracts;

/// <summary>One shard as management shows it.</summary>
/// <param name="Id">0-based.</param>
/// <param name="Epoch">The leader epoch; 0 before the first primary.</param>
/// <param name="Slots">Hash-slot ranges.</param>
/// <param name="Nodes">Its nodes.</param>
public sealed record ShardView(int Id, long Epoch, string Slots, ImmutableArray<NodeView> Nodes);
