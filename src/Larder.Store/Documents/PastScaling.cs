using System.Collections.Immutable;

namespace Larder.Store.Documents;

/// <summary>A change of the number of shards that is over. Kept as long as the past of the cache's logs is.</summary>
/// <param name="Before">The slots by shard before the first one moved, as in <see cref="ClusterDocument.Shards"/>.</param>
/// <param name="After">The slots by shard when it was over; another count where it was not undone.</param>
/// <param name="Began">When the first slots began to move.</param>
/// <param name="Ended">When all were where they are to be.</param>
public sealed record PastScaling(
    ImmutableSortedDictionary<int, string> Before, ImmutableSortedDictionary<int, string> After, DateTimeOffset Began, DateTimeOffset Ended);
