using System.Collections.Immutable;

namespace Larder.Model.Clusters;

/// <summary>Decides which slots move when the number of shards changes: as few as an even spread allows. Pure.</summary>
public static class SlotPlanner
{
    /// <summary>Plans.</summary>
    /// <param name="map">Who has which slot now: every slot has a shard.</param>
    /// <param name="shards">How many shards there are to be; those with an id of this or above give everything away.</param>
    /// <returns>
    /// The moves, in an order in which all shards that give take turns, so that no single one carries the load alone, and each in pieces as large as can be. Afterwards no
    /// shard has two slots more than another one.
    /// </returns>
    public static ImmutableArray<SlotMove> Plan(SlotMap map, int shards)
    {
        ArgumentNullException.ThrowIfNull(map);
        var wanted = Wanted(map, shards);
        var owners = Enumerable.Range(0, SlotRange.Slots).Select(slot => map.OwnerOf(slot) ?? throw new ArgumentException($"Slot {slot} has no shard.", nameof(map)))
            .Distinct().Order().ToList();

        // The last slots of a shard go first, so that what it keeps stays in one piece.
        var giving = owners
            .Select(shard => (Shard: shard, Slots: map.SlotsOf(shard).Skip(wanted.GetValueOrDefault(shard)).Reverse().ToList()))
            .Where(giver => giver.Slots.Count > 0)
            .ToList();

        // A shard gets neighbouring slots: clients and engines tell each other of ranges, of which there would be thousands else.
        var places = new Queue<int>(Enumerable.Range(0, shards).SelectMany(shard => Enumerable.Repeat(shard, Math.Max(0, wanted[shard] - map.CountOf(shard)))));
        var given = giving.Select(giver => new Queue<SlotMove>(giver.Slots.Select(slot => new SlotMove(slot, giver.Shard, places.Dequeue())))).ToList();
        var moves = ImmutableArray.CreateBuilder<SlotMove>();
        while (given.Count > 0)
        {
            moves.AddRange(given.Select(queue => queue.Dequeue()));
            given.RemoveAll(queue => queue.Count == 0);
        }

        return moves.ToImmutable();
    }

    /// <summary>Counts the moves of <see cref="Plan"/>, which is much quicker than planning.</summary>
    /// <param name="map">Who has which slot now.</param>
    /// <param name="shards">How many shards there are to be.</param>
    /// <returns>How many slots move.</returns>
    public static int Count(SlotMap map, int shards)
    {
        ArgumentNullException.ThrowIfNull(map);
        return Wanted(map, shards).Sum(wanted => Math.Max(0, wanted.Value - map.CountOf(wanted.Key)));
    }

    // Those that have the most now may keep one more, where it does not divide: each of them saves a move.
    private static Dictionary<int, int> Wanted(SlotMap map, int shards)
    {
        var (size, rest) = Math.DivRem(SlotRange.Slots, shards);
        return Enumerable.Range(0, shards).OrderByDescending(map.CountOf).ThenBy(shard => shard)
            .Select((shard, place) => KeyValuePair.Create(shard, size + (place < rest ? 1 : 0))).ToDictionary();
    }
}
