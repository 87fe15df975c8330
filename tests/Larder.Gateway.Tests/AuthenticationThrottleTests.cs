using System.Net;
using Larder.Gateway.Authentication;
using Microsoft.Extensions.Time.Testing;

namespace Larder.Gateway.Tests;

/// <summary>How failures of one address are counted, forgiven, and kept apart from those of others.</summary>
public sealed class AuthenticationThrottleTests
{
    private static readonly IPAddress Guesser = IPAddress.Parse("192.0.2.7");
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void Beyond_the_burst_each_failure_waits_longer_until_it_is_not_answered_at_all()
    {
        var throttle = new AuthenticationThrottle(3, TimeSpan.FromSeconds(10), _clock);
        var delays = Enumerable.Range(0, 9).Select(_ => throttle.Fail(Guesser)?.TotalSeconds).ToArray();
        Assert.Equal([0, 0, 0, 10, 20, 30, null, null, null], delays);
    }

    [Fact]
    public void Failures_are_forgiven_one_after_the_other()
    {
        var throttle = new AuthenticationThrottle(2, TimeSpan.FromSeconds(10), _clock);
        throttle.Fail(Guesser);
        throttle.Fail(Guesser);
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(TimeSpan.Zero, throttle.Fail(Guesser));
        Assert.Equal(TimeSpan.FromSeconds(10), throttle.Fail(Guesser));
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(TimeSpan.Zero, throttle.Fail(Guesser));
        Assert.Equal(TimeSpan.Zero, throttle.Fail(Guesser));
        Assert.Equal(TimeSpan.FromSeconds(10), throttle.Fail(Guesser));
    }

    [Fact]
    public void Addresses_are_counted_apart_but_a_network_of_one_host_together()
    {
        var throttle = new AuthenticationThrottle(1, TimeSpan.FromSeconds(10), _clock);
        Assert.Equal(TimeSpan.Zero, throttle.Fail(Guesser));
        Assert.Equal(TimeSpan.Zero, throttle.Fail(IPAddress.Parse("192.0.2.8")));
        Assert.NotEqual(TimeSpan.Zero, throttle.Fail(Guesser));
        Assert.Equal(TimeSpan.Zero, throttle.Fail(IPAddress.Parse("2001:db8::1")));
        Assert.NotEqual(TimeSpan.Zero, throttle.Fail(IPAddress.Parse("2001:db8::ffff")));
        Assert.Equal(TimeSpan.Zero, throttle.Fail(IPAddress.Parse("2001:db8:0:1::1")));
    }

    [Fact]
    public void A_flood_of_addresses_neither_fills_memory_nor_lets_a_known_guesser_go()
    {
        var throttle = new AuthenticationThrottle(1, TimeSpan.FromHours(1), _clock);
        throttle.Fail(Guesser);
        for (var number = 0; number < 40_000; number++)
        {
            Assert.Equal(TimeSpan.Zero, throttle.Fail(new IPAddress(0x0A000000L + number)));
        }

        Assert.Null(throttle.Fail(Guesser));
    }
}
