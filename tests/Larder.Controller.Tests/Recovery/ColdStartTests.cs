using Larder.Controller.Recovery;

namespace Larder.Controller.Tests.Recovery;

/// <summary>How a shard starts of which no process is left.</summary>
public sealed class ColdStartTests
{
    [Fact]
    public void Where_good_copies_are_left_the_election_decides_and_damaged_ones_are_put_aside()
    {
        var start = ColdStart.Decide([Of(0, CopyState.Damaged), Of(1, CopyState.Good), Of(2, CopyState.Empty)]);
        Assert.True(start.MayStart);
        Assert.Equal([0], start.SetAside);
        Assert.False(start.AllLost);
    }

    [Fact]
    public void Where_no_copy_passes_nothing_starts_and_nothing_is_put_aside()
    {
        var start = ColdStart.Decide([Of(0, CopyState.Damaged), Of(1, CopyState.Empty)]);
        Assert.False(start.MayStart);
        Assert.Empty(start.SetAside);
        Assert.False(start.AllLost);
        Assert.Contains("node 0 is Damaged", start.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_nobody_has_data_all_start_and_it_is_told()
    {
        var start = ColdStart.Decide([Of(0, CopyState.Empty), Of(1, CopyState.Empty)]);
        Assert.True(start.MayStart);
        Assert.True(start.AllLost);
    }

    [Fact]
    public void A_copy_that_cannot_be_got_at_is_neither_put_aside_nor_counted_as_lost()
    {
        var beside = ColdStart.Decide([Of(0, CopyState.Unreachable), Of(1, CopyState.Good), Of(2, CopyState.Damaged)]);
        Assert.True(beside.MayStart);
        Assert.Equal([2], beside.SetAside);
        var alone = ColdStart.Decide([Of(0, CopyState.Unreachable), Of(1, CopyState.Empty)]);
        Assert.True(alone.MayStart);
        Assert.Empty(alone.SetAside);
        Assert.False(alone.AllLost);
        Assert.Contains("node 0 is Unreachable", alone.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_one_copy_is_damaged_and_the_other_cannot_be_got_at_nothing_starts()
    {
        var start = ColdStart.Decide([Of(0, CopyState.Damaged), Of(1, CopyState.Unreachable)]);
        Assert.False(start.MayStart);
        Assert.Empty(start.SetAside);
        Assert.Contains("node 1 is Unreachable", start.Reason, StringComparison.Ordinal);
    }

    private static CopyFacts Of(int ordinal, CopyState state) => new(ordinal, state, $"node {ordinal} is {state}");
}
