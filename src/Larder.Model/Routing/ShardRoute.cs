using System.Collections.Immutable;
using Larder.Model.Clusters;

namespace Larder.Model.Routing;

/// <summary>One shard of a clustered cache, as the gateway sees it.</summary>
/// <param name="Shard">Its id: 0-based, and stable. While shards are removed, the remaining ones keep theirs.</param>
/// <param name="EngineShardId">What the engines call it (CLUSTER SHARDS, CLUSTER MYSHARDID): 40 hexadecimal digits; <c>null</c> where the engine has no such name.</param>
/// <param name="Slots">
/// The hash slots that it owns, ascending, without neighbours that touch; empty while it has none, as in a shard that is being added or removed. A slot that is on
/// its way belongs to its old shard until it has arrived; the engine's MOVED and ASK are what counts.
/// </param>
/// <param name="Primary">The way to its primary, or <c>null</c> while it has none.</param>
/// <param name="Nodes">All its nodes by ordinal, whether or not they answer.</param>
public sealed record ShardRoute(int Shard, string? EngineShardId, ImmutableArray<SlotRange> Slots, PrimaryRoute? Primary, ImmutableArray<NodeRoute> Nodes);
