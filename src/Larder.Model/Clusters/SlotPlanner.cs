using System.Collections.Immutable;

namespace Larder.Model.Clusters;

/// <summary>Decides which slots move when the number of shards changes: as few as an even spread allows. Pure.</summary>
public static class SlotPlanner
{
    /// <summary>Plans.</summary>
    /// <param name="map">Who has which slot now: every slot has a shard.</param>
    /// <param name="shards">How many shards there are to be; those with an id of this or above give everything away.</param>
    /// <returns>
    /// The moves, in an order in which all shards that give take turns, so that no single one carries the load alone. Afterwards no shard has two slots more than
    /// another one.
    /// </returns>
    public static ImmutableArray<SlotMove> Plan(SlotMap map, int shards)
    {
        ArgumentNullException.ThrowIfNull(map);
        var (size, rest) = Math.DivRem(SlotRange.Slots, shards);

        // Those that have the most now may keep one more, where it does not divide: each of them saves a move.
        var larger = Enumerable.Range(0, shards).OrderByDescending(map.CountOf).ThenBy(shard => shard).Take(rest).ToHashSet();
        int Wanted(int shard) => shard >= shards ? 0 : size + (larger.Contains(shard) ? 1 : 0);
        var owners = Enumerable.Range(0, SlotRange.Slots).Select(slot => map.OwnerOf(slot) ?? throw new ArgumentException($"Slot {slot} has no shard.", nameof(map)))
            .Distinct().Order().ToList();

        // The last slots of a shard go first, so that what it keeps stays in one piece.
        var giving = owners
            .Select(shard => (Shard: shard, Slots: new Stack<int>(map.SlotsOf(shard).Skip(Wanted(shard)))))
            .Where(giver => giver.Slots.Count > 0)
            .ToList();
        var taking = new Queue<(int Shard, int Missing)>(Enumerable.Range(0, shards)
            .Select(shard => (Shard: shard, Missing: Wanted(shard) - map.CountOf(shard)))
            .Where(taker => taker.Missing > 0));
        var moves = ImmutableArray.CreateBuilder<SlotMove>();
        while (giving.Count > 0)
        {
            foreach (var (from, slots) in giving)
            {
                var (to, missing) = taking.Dequeue();
                moves.Add(new SlotMove(slots.Pop(), from, to));
                if (missing > 1)
                {
                    taking.Enqueue((to, missing - 1));
                }
            }

            giving.RemoveAll(giver => giver.Slots.Count == 0);
        }

        return moves.ToImmutable();
    }
}
