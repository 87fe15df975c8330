using Larder.Host.Drill;

namespace Larder.Host.Tests.Drill;

/// <summary>What a drill makes of what its clients saw.</summary>
public sealed class DrillRunTests
{
    [Fact]
    public void Writes_go_on_at_the_end_of_the_longest_silence_not_at_the_last_reply_that_was_on_its_way()
    {
        var writes = new[] { -20, -10, 1, 4, 180, 185, 190 }.Select(At);
        Assert.Equal(At(180), DrillRun.WritesAgain(writes, At(0)));
        Assert.Equal(At(7), DrillRun.WritesAgain([At(-1), At(7), At(8)], At(0)));
        Assert.Null(DrillRun.WritesAgain([At(-1)], At(0)));
    }

    [Fact]
    public void A_tally_keeps_the_longest_pause_and_counts_errors_by_kind()
    {
        var tally = new DrillTally();
        tally.Note(TimeSpan.FromMilliseconds(3));
        tally.Note(TimeSpan.FromMilliseconds(90));
        tally.NoteError("UNCERTAIN", uncertain: true);
        tally.NoteError("connection closed", uncertain: false);
        tally.NoteError("UNCERTAIN", uncertain: true);
        tally.End(TimeSpan.FromMilliseconds(40));
        Assert.Equal((2, 2, TimeSpan.FromMilliseconds(90)), (tally.Acknowledged, tally.Uncertain, tally.LongestPause));
        Assert.Equal([("UNCERTAIN", 2), ("connection closed", 1)], tally.Errors.Select(error => (error.Key, error.Value)));
        tally.End(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromSeconds(1), tally.LongestPause);
    }

    private static DateTimeOffset At(int milliseconds) => Samples.Noon.AddMilliseconds(milliseconds);
}
