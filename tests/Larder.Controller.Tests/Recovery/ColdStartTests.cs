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

    private static CopyFacts Of(int ordinal, CopyState state) => new(ordinal, state, $"node {ordinal} is {state}");
}
