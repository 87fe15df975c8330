using System.Collections.Immutable;

namespace Larder.Chaos.Histories;

/// <summary>Who was shown as primary of a shard at a moment.</summary>
/// <param name="At">When the answer had arrived; monotonic, since the run began.</param>
/// <param name="Shard">The shard.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Primaries">The ordinals of the nodes that were shown as primary; empty where none was.</param>
public sealed record RoleSample(TimeSpan At, int Shard, long Epoch, ImmutableArray<int> Primaries);
