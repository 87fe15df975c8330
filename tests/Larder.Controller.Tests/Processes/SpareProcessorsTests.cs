using Larder.Controller.Processes;
using Microsoft.Extensions.Time.Testing;

namespace Larder.Controller.Tests.Processes;

/// <summary>How much work that has time may take, from what the processors have left.</summary>
public sealed class SpareProcessorsTests
{
    private const int Processors = 4;

    private readonly FakeTimeProvider _clock = new();
    private readonly SpareProcessors _spare;
    private double _idle;
    private double _all;

    public SpareProcessorsTests() => _spare = new SpareProcessors(_clock, () => ((long)_idle, (long)_all), Processors);

    [Fact]
    public void It_begins_with_a_whole_processor() => Assert.Equal(1, _spare.Share);

    [Fact]
    public void Where_too_little_is_left_it_falls_to_a_twentieth_of_the_machine()
    {
        _ = _spare.Share;
        var shares = Enumerable.Range(0, 6).Select(_ => After(milliseconds: 100, idle: 0)).ToList();
        Assert.Equal([0.6, 0.36, 0.216, 0.2, 0.2, 0.2], shares.Select(share => Math.Round(share, 3)));
    }

    [Fact]
    public void Where_most_is_left_it_rises_to_a_whole_processor_and_between_the_two_it_stays()
    {
        _ = _spare.Share;
        After(milliseconds: 100, idle: 0);
        Assert.Equal(0.6, After(milliseconds: 100, idle: 2));
        Assert.Equal(0.78, After(milliseconds: 100, idle: 3), 9);
        Assert.Equal(1, After(milliseconds: 100, idle: 3));
    }

    [Fact]
    public void Sooner_than_the_kernel_counts_nothing_changes_and_after_a_long_time_it_begins_anew()
    {
        _ = _spare.Share;
        Assert.Equal(0.6, After(milliseconds: 100, idle: 0));
        Assert.Equal(0.6, After(milliseconds: 50, idle: 4));
        Assert.Equal(1, After(milliseconds: 2000, idle: 0));
    }

    [Fact]
    public void The_kernel_is_asked_and_answers()
    {
        var spare = new SpareProcessors(_clock);
        Assert.Equal(1, spare.Share);
        _clock.Advance(TimeSpan.FromMilliseconds(100));
        Assert.InRange(spare.Share, double.Epsilon, 1);
    }

    [Fact]
    public void On_a_large_machine_one_processor_is_no_more_than_its_part()
    {
        var spare = new SpareProcessors(_clock, () => (0, (long)_all), processors: 64);
        _ = spare.Share;
        _clock.Advance(TimeSpan.FromMilliseconds(100));
        _all = 6400;
        Assert.Equal(1, spare.Share);
    }

    // So many processors had nothing to do for so long.
    private double After(int milliseconds, double idle)
    {
        _clock.Advance(TimeSpan.FromMilliseconds(milliseconds));
        (_idle, _all) = (_idle + idle * milliseconds, _all + Processors * (double)milliseconds);
        return _spare.Share;
    }
}
