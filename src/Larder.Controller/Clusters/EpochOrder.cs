using System.Collections.Immutable;
using Larder.Engines.Clusters;
using Larder.Model.Clusters;

namespace Larder.Controller.Clusters;

/// <summary>
/// Whether slots may get to their new shards as far as the engines' epochs are concerned. An engine that hears of two claims of a slot believes the one under the higher
/// epoch, and where that is another one's, deletes the keys that it has of the slot. So the new owner's epoch, which is one above all that it has heard of, must be above that
/// of the old one, which may not have told its own yet; and the old one must not be about to take a higher one, as one of two that find that they have the same does. Pure.
/// </summary>
internal static class EpochOrder
{
    /// <summary>Compares.</summary>
    /// <param name="sights">The primaries of all shards, and all nodes of those that give slots.</param>
    /// <param name="moves">The slots.</param>
    /// <returns>Who must be introduced to whom, by ordinal; empty where all is in order.</returns>
    public static ImmutableArray<(int One, int Other)> Disorder(IReadOnlyList<EpochSight> sights, ImmutableArray<SlotMove> moves)
    {
        var (from, to) = (moves.Select(move => move.From).ToHashSet(), moves.Select(move => move.To).ToHashSet());
        var givers = sights.Where(sight => from.Contains(sight.Shard)).ToList();
        var unheard = givers.Count == 0 ? [] : sights
            .Where(sight => sight.IsPrimary && to.Contains(sight.Shard))
            .Select(taker => (One: givers.MaxBy(giver => giver.Epochs.Known)!, Other: taker))
            .Where(pair => pair.Other.Epochs.Known < pair.One.Epochs.Known);
        var same = givers.Where(giver => giver.IsPrimary).SelectMany(giver => sights
            .Where(other => other.IsPrimary && other.Ordinal != giver.Ordinal && other.Epochs.Own == giver.Epochs.Own)
            .Select(other => (One: giver, Other: other)));
        return [.. unheard.Concat(same).Select(pair => (pair.One.Ordinal, pair.Other.Ordinal))];
    }
}

/// <summary>The epochs of a node.</summary>
/// <param name="Ordinal">The node.</param>
/// <param name="Shard">Its shard.</param>
/// <param name="IsPrimary">Whether it is that one's primary.</param>
/// <param name="Epochs">What it says.</param>
internal sealed record EpochSight(int Ordinal, int Shard, bool IsPrimary, ClusterEpochs Epochs);
