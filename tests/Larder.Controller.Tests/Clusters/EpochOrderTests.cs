using System.Collections.Immutable;
using Larder.Controller.Clusters;
using Larder.Engines.Clusters;
using Larder.Model.Clusters;

namespace Larder.Controller.Tests.Clusters;

/// <summary>Slots get to their new shard only where its claim will be the newest one for everybody: else the engines would give them back without their keys.</summary>
public sealed class EpochOrderTests
{
    private static readonly ImmutableArray<SlotMove> FromOneToZero = [new SlotMove(9000, 1, 0)];

    [Fact]
    public void A_taker_that_knows_the_highest_epoch_of_those_that_give_may_take() =>
        Assert.Empty(EpochOrder.Disorder([Primary(0, known: 7, own: 1), Primary(1, known: 7, own: 7), Primary(2, known: 9, own: 9)], FromOneToZero));

    [Fact]
    public void A_taker_that_has_not_heard_of_an_epoch_is_introduced_to_who_has_it() =>
        Assert.Equal([(1, 0)], EpochOrder.Disorder([Primary(0, known: 6, own: 6), Primary(1, known: 7, own: 7)], FromOneToZero));

    [Fact]
    public void A_replica_that_has_just_taken_over_where_slots_are_given_counts_too() => Assert.Equal(
        [(11, 0)],
        EpochOrder.Disorder([Primary(0, known: 6, own: 6), Primary(1, known: 6, own: 5), new EpochSight(11, 1, false, new ClusterEpochs(7, 7))], FromOneToZero));

    [Fact]
    public void A_giver_that_has_the_epoch_of_another_one_is_introduced_to_it_so_that_one_of_them_changes_it_now() =>
        Assert.Equal([(1, 2)], EpochOrder.Disorder([Primary(0, known: 7, own: 6), Primary(1, known: 7, own: 7), Primary(2, known: 7, own: 7)], FromOneToZero));

    [Fact]
    public void Takers_that_have_the_same_epoch_may_change_it_whenever_they_find_out() =>
        Assert.Empty(EpochOrder.Disorder([Primary(0, known: 7, own: 7), Primary(1, known: 7, own: 3), Primary(2, known: 7, own: 7)], FromOneToZero));

    private static EpochSight Primary(int shard, long known, long own) => new(shard, shard, true, new ClusterEpochs(known, own));
}
