using System.Collections.Immutable;
using Larder.Model.Clusters;

namespace Larder.Store.Documents;

/// <summary>
/// Which shard of a clustered cache has which hash slots. It is what counts: the engines are led to it. Written before the engines are told.
/// </summary>
/// <param name="Shards">The slots by shard, as ranges: <c>0-5460,7000</c>. A shard that is being added or removed may have none.</param>
public sealed record ClusterDocument(ImmutableSortedDictionary<int, string> Shards)
{
    /// <summary>
    /// Slots on their way, few at a time: each is its old shard's until all its keys have arrived, and then, in one commit, its new one's.
    /// </summary>
    public ImmutableArray<SlotMove> Moves { get; init; } = [];

    /// <summary>A change of the number of shards that is not finished; <c>null</c> where there is none.</summary>
    public ScalingDocument? Scaling { get; init; }

    /// <summary>Changes of the number of shards that are over, oldest first: whoever rebuilds a past second must know who had which slots then.</summary>
    public ImmutableArray<PastScaling> Past { get; init; } = [];
}
