namespace Larder.Management.Contracts;

/// <summary>One event of a cache: the contract of <c>larder events --output json</c>.</summary>
/// <param name="Sequence">Its place in the cache's journal: rising, never used twice.</param>
/// <param name="At">When it happened.</param>
/// <param name="Kind">What kind of thing, such as <c>PrimaryLost</c>.</param>
/// <param name="Cache">The cache's name.</param>
/// <param name="Shard">The shard, or <c>null</c>.</param>
/// <param name="Node">The node's ordinal, or <c>null</c>.</param>
/// <param name="Epoch">The shard's epoch at that time, or <c>null</c>.</param>
/// <param name="Message">One sentence that stands alone.</param>
public sealed record EventView(long Sequence, DateTimeOffset At, string Kind, string Cache, int? Shard, int? Node, long? Epoch, string Message);
