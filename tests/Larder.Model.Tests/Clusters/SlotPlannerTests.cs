using CsCheck;
using Larder.Model.Clusters;

namespace Larder.Model.Tests.Clusters;

/// <summary>Slots are spread evenly with as few moves as that allows, and none is lost on the way.</summary>
public sealed class SlotPlannerTests
{
    private static readonly Gen<SlotMap> Maps = Gen.Int[0, 9].Array[SlotRange.Slots].Select(owners =>
        SlotMap.Empty.With(owners.Select((owner, slot) => new SlotMove(slot, -1, owner))));

    [Fact]
    public void Whatever_the_map_was_every_slot_has_a_shard_and_no_shard_has_two_more_than_another() =>
        Gen.Select(Maps, Gen.Int[1, 10]).Sample(
            (map, shards) =>
            {
                var spread = map.With(SlotPlanner.Plan(map, shards));
                var counts = Enumerable.Range(0, shards).Select(spread.CountOf).ToList();
                Assert.Equal(SlotRange.Slots, counts.Sum());
                Assert.True(counts.Max() - counts.Min() <= 1);
            },
            iter: 50);

    [Fact]
    public void Only_what_a_shard_has_too_much_moves_and_it_moves_once() =>
        Gen.Select(Maps, Gen.Int[1, 10]).Sample(
            (map, shards) =>
            {
                var moves = SlotPlanner.Plan(map, shards);
                Assert.Equal(moves.Length, SlotPlanner.Count(map, shards));
                Assert.Equal(moves.Length, moves.Select(move => move.Slot).Distinct().Count());
                Assert.All(moves, move => Assert.Equal(move.From, map.OwnerOf(move.Slot)));

                // With the best choice of who has one more, at least this many must leave.
                var (size, rest) = Math.DivRem(SlotRange.Slots, shards);
                var more = Enumerable.Range(0, shards).OrderByDescending(map.CountOf).Take(rest).ToHashSet();
                Assert.Equal(
                    Enumerable.Range(0, 10).Sum(shard => Math.Max(0, map.CountOf(shard) - (shard >= shards ? 0 : size + (more.Contains(shard) ? 1 : 0)))), moves.Length);
            },
            iter: 50);

    [Theory]
    [InlineData(1, 10)]
    [InlineData(3, 5)]
    [InlineData(10, 1)]
    public void A_spread_map_needs_no_moves_and_going_there_and_back_ends_spread(int from, int to)
    {
        var map = SlotMap.Even(from);
        Assert.Empty(SlotPlanner.Plan(map, from));
        var there = map.With(SlotPlanner.Plan(map, to));
        Assert.Empty(SlotPlanner.Plan(there, to));
        Assert.Empty(SlotPlanner.Plan(there.With(SlotPlanner.Plan(there, from)), from));
    }

    [Theory]
    [InlineData(3, 5)]
    [InlineData(1, 10)]
    [InlineData(10, 3)]
    public void What_moves_arrives_in_few_pieces_also_where_it_is_planned_anew_after_each_lot(int from, int to)
    {
        var map = SlotMap.Even(from);
        while (SlotPlanner.Plan(map, to) is { IsEmpty: false } plan)
        {
            map = map.With(plan.Take(256));
        }

        // A piece of each giver's for each taker, and what a giver keeps.
        Assert.InRange(Enumerable.Range(0, to).Sum(shard => map.Of(shard).Length), to, from + to + 1);
    }

    [Fact]
    public void A_map_reads_back_as_it_was_written() => Maps.Sample(
        map => Assert.Equal(map, SlotMap.Parse(Enumerable.Range(0, 10).Select(shard => KeyValuePair.Create(shard, map.Format(shard))))), iter: 20);

    [Theory]
    [InlineData("5-3")]
    [InlineData("0-16384")]
    [InlineData("x")]
    [InlineData("-1")]
    public void What_is_no_range_is_refused(string text) => Assert.Throws<FormatException>(() => SlotMap.Ranges(text));

    [Fact]
    public void A_slot_with_two_shards_is_refused() =>
        Assert.Throws<FormatException>(() => SlotMap.Parse([KeyValuePair.Create(0, "0-9"), KeyValuePair.Create(1, "9")]));
}
