using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Larder.Store.Tests;

/// <summary>Leases live and die by the clock alone, and whoever deletes their keys is told.</summary>
public sealed class LeaseClockTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly LeaseClock _leases;
    private int _told;

    public LeaseClockTests() => _leases = new LeaseClock(_time, () => _told++);

    public void Dispose() => _leases.Dispose();

    [Fact]
    public void The_end_of_each_lease_is_told_once()
    {
        _leases.Add(1, TimeSpan.FromSeconds(10));
        _leases.Add(2, TimeSpan.FromSeconds(5));
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(0, _told);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(1, _told);
        Assert.Equal([2], _leases.FindEnded());
        _leases.Remove(2);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(2, _told);
        Assert.Equal([1], _leases.FindEnded());
    }

    [Fact]
    public void A_lease_that_is_renewed_is_not_told_to_have_ended()
    {
        _leases.Add(1, TimeSpan.FromSeconds(10));
        for (var i = 0; i < 20; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(9));
            Assert.True(_leases.Renew(1));
        }

        Assert.Equal(0, _told);
        _time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(1, _told);
    }

    [Fact]
    public void Nothing_revives_a_lease_that_has_ended()
    {
        _leases.Add(1, TimeSpan.FromSeconds(10));
        _leases.Add(2, TimeSpan.FromSeconds(10));
        Assert.True(_leases.End(2));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.False(_leases.Renew(1));
        Assert.False(_leases.Renew(2));
        Assert.False(_leases.IsAlive(1));
        Assert.Equal([1, 2], _leases.FindEnded());
    }

    [Fact]
    public void An_ended_lease_is_counted_until_it_is_removed()
    {
        _leases.Add(1, TimeSpan.FromSeconds(10));
        Assert.True(_leases.End(1));
        Assert.True(_leases.End(1));
        _leases.Remove(1);
        Assert.False(_leases.End(1));
        Assert.Empty(_leases.FindEnded());
    }

    [Fact]
    public void A_lease_longer_than_a_timer_can_count_ends_on_its_day()
    {
        _leases.Add(1, TimeSpan.FromDays(365));
        for (var day = 0; day < 364; day++)
        {
            _time.Advance(TimeSpan.FromDays(1));
        }

        Assert.Equal(0, _told);
        Assert.True(_leases.IsAlive(1));
        _time.Advance(TimeSpan.FromDays(1.1));
        Assert.Equal(1, _told);
        Assert.False(_leases.IsAlive(1));
    }

    [Fact]
    public void Nobody_is_told_after_it_was_disposed()
    {
        _leases.Add(1, TimeSpan.FromSeconds(10));
        _leases.Dispose();
        _leases.Add(2, TimeSpan.FromSeconds(10));
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(0, _told);
    }
}
