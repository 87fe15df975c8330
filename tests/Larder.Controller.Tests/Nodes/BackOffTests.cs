using Larder.Controller.Nodes;
using Microsoft.Extensions.Time.Testing;

namespace Larder.Controller.Tests.Nodes;

/// <summary>When a node that ended is started again.</summary>
public sealed class BackOffTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly AgentOptions _options = new();

    [Fact]
    public void A_first_start_is_due_at_once() => Assert.Equal(TimeSpan.Zero, Make().Remaining);

    [Fact]
    public void Pauses_double_up_to_the_limit()
    {
        var backOff = Make();
        var last = TimeSpan.Zero;
        for (var run = 0; run < 30; run++)
        {
            backOff.Started();
            backOff.Ended();
            Assert.InRange(backOff.Remaining, TimeSpan.FromMilliseconds(75), _options.LongestBackOff);
            last = backOff.Remaining;
            _clock.Advance(_options.LongestBackOff);
            Assert.Equal(TimeSpan.Zero, backOff.Remaining);
        }

        Assert.InRange(last, _options.LongestBackOff * 0.75, _options.LongestBackOff);
        Assert.Equal(30, backOff.Failures);
    }

    [Fact]
    public void After_a_healthy_run_the_node_is_started_at_once()
    {
        var backOff = Make();
        backOff.Started();
        backOff.Ended();
        backOff.Started();
        _clock.Advance(_options.HealthyAfter);
        backOff.Ended();
        Assert.Equal(TimeSpan.Zero, backOff.Remaining);
        Assert.Equal(1, backOff.Failures);
    }

    [Fact]
    public void A_run_that_settles_clears_the_failures()
    {
        var backOff = Make();
        backOff.Started();
        backOff.Ended();
        backOff.Started();
        backOff.Settled();
        Assert.Equal(1, backOff.Failures);
        _clock.Advance(_options.HealthyAfter);
        backOff.Settled();
        Assert.Equal(0, backOff.Failures);
    }

    private BackOff Make() => new(_options, _clock, new Random(7));
}
