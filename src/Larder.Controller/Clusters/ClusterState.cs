using System.Collections.Immutable;
using Larder.Model.Clusters;
using Larder.Store.Documents;

namespace Larder.Controller.Clusters;

/// <summary>Which shard has which slot, as the control store last said. Immutable.</summary>
/// <param name="Document">The document.</param>
/// <param name="Revision">Its revision.</param>
internal sealed record ClusterState(ClusterDocument Document, long Revision)
{
    /// <summary>Its slots.</summary>
    public SlotMap Map { get; } = SlotMap.Parse(Document.Shards);

    /// <summary>A document for a new cache.</summary>
    /// <param name="shards">How many shards it has.</param>
    /// <returns>The document: all slots spread evenly.</returns>
    public static ClusterDocument New(int shards) => DocumentOf(SlotMap.Even(shards), Enumerable.Range(0, shards));

    /// <summary>A document with a map.</summary>
    /// <param name="map">The map.</param>
    /// <param name="shards">All shards, those without slots too.</param>
    /// <returns>The document.</returns>
    public static ClusterDocument DocumentOf(SlotMap map, IEnumerable<int> shards) =>
        new(shards.ToImmutableSortedDictionary(shard => shard, map.Format));
}
