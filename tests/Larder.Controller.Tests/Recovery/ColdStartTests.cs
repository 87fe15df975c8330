using Larder.Controller.Recovery;

namespace Larder.Controller.Tests.Recovery;

/// <summary>From which copy a shard starts of which no process is left.</summary>
public sealed class ColdStartTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_most_advanced_copy_starts_alone_whoever_was_the_primary()
    {
        var start = ColdStart.Decide([Good(0, 0), Good(1, 60), Empty(2)], lastPrimary: 0);
        Assert.Equal([1], start.Ordinals);
        Assert.Empty(start.SetAside);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Of_copies_of_one_moment_the_last_primarys_starts(int primary) =>
        Assert.Equal([primary], ColdStart.Decide([Good(0, 0), Good(1, 1)], primary).Ordinals);

    [Fact]
    public void A_damaged_copy_is_put_aside_where_a_good_one_is_there_however_old()
    {
        var start = ColdStart.Decide([Damaged(0), Good(1, -3600)], lastPrimary: 0);
        Assert.Equal([1], start.Ordinals);
        Assert.Equal([0], start.SetAside);
    }

    [Fact]
    public void Where_no_copy_passes_nothing_starts_and_nothing_is_put_aside()
    {
        var start = ColdStart.Decide([Damaged(0), Empty(1)], lastPrimary: 1);
        Assert.Empty(start.Ordinals);
        Assert.Empty(start.SetAside);
        Assert.False(start.AllLost);
        Assert.Contains("node 0 is broken", start.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_nobody_has_data_all_start_and_it_is_told()
    {
        var start = ColdStart.Decide([Empty(0), Empty(1)], lastPrimary: 1);
        Assert.Equal([0, 1], start.Ordinals);
        Assert.True(start.AllLost);
    }

    private static CopyFacts Good(int ordinal, int seconds) => new(ordinal, CopyState.Good, Noon.AddSeconds(seconds), "");

    private static CopyFacts Empty(int ordinal) => new(ordinal, CopyState.Empty, null, "");

    private static CopyFacts Damaged(int ordinal) => new(ordinal, CopyState.Damaged, null, $"node {ordinal} is broken");
}
