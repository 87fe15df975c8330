using Larder.Gateway.Tests.Harness;
using Larder.Gateway.Transport;
using Microsoft.Extensions.Time.Testing;

namespace Larder.Gateway.Tests.Transport;

/// <summary>When memory is given back: once after a crowd, and never while there is work.</summary>
public sealed class MemoryTrimTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly MemoryTrim _trim;
    private long _accepted;
    private TimeSpan _used;
    private int _given;

    public MemoryTrimTests() => _trim = new MemoryTrim(() => _accepted, () => _used, _clock, () => _given++);

    [Fact]
    public void It_is_given_back_once_when_the_crowd_has_come()
    {
        Pass(newcomers: 5000, used: 1);
        Assert.Equal(0, _given);
        Pass(newcomers: 3, used: 1);
        Assert.Equal(1, _given);
        Pass(newcomers: 0, used: 1);
        Assert.Equal(1, _given);
    }

    [Fact]
    public void A_busy_process_is_not_stopped_for_it()
    {
        Pass(newcomers: 5000, used: 20);
        Pass(newcomers: 0, used: 20);
        Assert.Equal(0, _given);
        Pass(newcomers: 0, used: 1);
        Assert.Equal(1, _given);
    }

    [Fact]
    public void Clients_that_come_and_go_all_the_time_are_no_crowd()
    {
        for (var look = 0; look < 50; look++)
        {
            Pass(newcomers: 100, used: 1);
        }

        Assert.Equal(0, _given);
    }

    [Fact]
    public void It_can_be_done()
    {
        var log = new LogCapture();
        MemoryTrim.Give(log.CreateLogger("x"));
        Assert.True(log.Has("Debug 5301: "));
    }

    private void Pass(long newcomers, double used)
    {
        _accepted += newcomers;
        _used += TimeSpan.FromSeconds(used);
        _clock.Advance(TimeSpan.FromSeconds(30));
        _trim.Look();
    }
}
