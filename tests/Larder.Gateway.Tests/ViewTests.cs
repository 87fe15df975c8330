using Larder.Gateway.Tests.Harness;
using Larder.Model.Routing;
using Larder.Model.Specs;
using Microsoft.Extensions.Time.Testing;

namespace Larder.Gateway.Tests;

/// <summary>A gateway never writes on a stale view, and follows its primary.</summary>
public sealed class ViewTests : IAsyncLifetime
{
    private RedisProcess _one = null!;
    private RedisProcess _two = null!;

    public async ValueTask InitializeAsync() => (_one, _two) = (await RedisProcess.StartAsync(), await RedisProcess.StartAsync());

    public async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync();
        await _two.DisposeAsync();
    }

    [Fact]
    public async Task Nothing_reaches_the_engine_on_a_stale_view_and_all_of_it_when_it_is_fresh_again()
    {
        await using var door = await Door.OpenAsync(_one);
        await using var wire = await door.EnterAsync();
        Assert.Equal("+OK", await wire.AskAsync("SET", "a", "1"));
        var view = door.Route("dev").Primary!.ViewDeadline;
        view.Set(long.MinValue);
        await wire.SendAsync("SET", "a", "2");
        await Task.Delay(200, TestContext.Current.CancellationToken); // Long enough for a write that should not be: it takes under a millisecond.
        Assert.Equal("1", await _one.AskAsync("GET", "a"));
        view.Set(long.MaxValue);
        Assert.Equal("+OK", await wire.ReadAsync());
        Assert.Equal("2", await _one.AskAsync("GET", "a"));
    }

    [Fact]
    public async Task A_view_that_runs_out_by_the_gateways_clock_stops_every_write_until_it_is_renewed()
    {
        var clock = new FakeTimeProvider();
        await using var door = await Door.OpenAsync(_one, clock: clock);
        var view = new ViewDeadline(clock.GetTimestamp() + clock.TimestampFrequency);
        door.Change("dev", route => route with { Primary = door.Primary(_one, 2) with { ViewDeadline = view } });
        await Door.EventuallyAsync(() => Task.FromResult(door.Gateway.Snapshot().Caches[0].Epoch == 2), "the route");
        var wires = new List<Wire>();
        for (var i = 0; i < 4; i++)
        {
            wires.Add(await door.EnterAsync());
            Assert.Equal($":{i + 1}", await wires[i].AskAsync("INCR", "n"));
        }

        clock.Advance(TimeSpan.FromSeconds(2));
        foreach (var wire in wires)
        {
            await wire.WriteAsync([.. Enumerable.Repeat(Wire.Encode("INCR", "n"), 50).SelectMany(bytes => bytes)]);
        }

        await Task.Delay(200, TestContext.Current.CancellationToken); // Long enough for a write that should not be: it takes under a millisecond.
        Assert.Equal("4", await _one.AskAsync("GET", "n"));
        view.Set(clock.GetTimestamp() + (3600 * clock.TimestampFrequency));
        clock.Advance(TimeSpan.FromSeconds(1)); // Within the hold limit.
        foreach (var wire in wires)
        {
            Assert.All(await wire.ReadManyAsync(50), reply => Assert.StartsWith(":", reply, StringComparison.Ordinal));
            await wire.DisposeAsync();
        }

        Assert.Equal("204", await _one.AskAsync("GET", "n"));
    }

    [Fact]
    public async Task What_is_held_for_too_long_ends_with_the_connection_and_was_not_written()
    {
        await using var door = await Door.OpenAsync(_one, failover: new FailoverSpec { HoldMs = 150 });
        await using var wire = await door.EnterAsync();
        door.Change("dev", route => route with { Primary = null });
        await Door.EventuallyAsync(() => Task.FromResult(door.Gateway.Snapshot().Caches[0].Epoch is null), "the route");
        // A connection to a primary that the route no longer names is as good as none.
        await wire.SendAsync("SET", "a", "1");
        Assert.Equal("(closed)", await wire.ReadAsync());
        Assert.Equal("(nil)", await _one.AskAsync("GET", "a"));
        await using var stranger = await door.ConnectAsync();
        Assert.StartsWith("-LOADING", await stranger.AskAsync("AUTH", Door.Key), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sessions_without_state_go_to_the_new_primary_unnoticed_with_what_they_set()
    {
        await using var door = await Door.OpenAsync(_one);
        await using var wire = await door.EnterAsync();
        await wire.AskAsync("HELLO", "3");
        await wire.AskAsync("SELECT", "2");
        await wire.AskAsync("CLIENT", "SETNAME", "me");
        door.Change("dev", route => route with { Primary = door.Primary(_two, 2) });
        await Door.EventuallyAsync(() => Task.FromResult(door.Gateway.Snapshot().Caches[0].Epoch == 2), "the route");
        Assert.Equal("+OK", await wire.AskAsync("SET", "a", "two"));
        Assert.Equal("me", await wire.AskAsync("CLIENT", "GETNAME"));
        Assert.Contains("db2:keys=1", await _two.AskAsync("INFO", "keyspace"), StringComparison.Ordinal);
        Assert.Equal("", (await _one.AskAsync("INFO", "keyspace")).Replace("# Keyspace\r\n", "", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_session_that_cannot_be_made_again_is_closed()
    {
        await using var door = await Door.OpenAsync(_one);
        await using var wire = await door.EnterAsync();
        await wire.AskAsync("HELLO", "3");
        Assert.Equal("+OK", await wire.AskAsync("CLIENT", "TRACKING", "ON"));
        door.Change("dev", route => route with { Primary = door.Primary(_two, 2) });
        Assert.Equal("(closed)", await wire.ReadAsync());
    }

    [Fact]
    public async Task A_command_under_way_when_its_engine_dies_ends_with_the_connection()
    {
        await using var door = await Door.OpenAsync(_one);
        await using var wire = await door.EnterAsync();
        await wire.SendAsync("BLPOP", "q", "0");
        await Door.EventuallyAsync(async () => (await _one.AskAsync("INFO", "clients")).Contains("blocked_clients:1", StringComparison.Ordinal), "blocked");
        _one.Stop();
        Assert.Equal("(closed)", await wire.ReadAsync());
    }

    [Fact]
    public async Task An_idle_session_ends_at_the_idle_limit_and_a_subscriber_does_not()
    {
        var clock = new FakeTimeProvider();
        await using var door = await Door.OpenAsync(_one, clock: clock);
        door.Change("dev", route => route with { Primary = door.Primary(_one, 1) with { ViewDeadline = new ViewDeadline(long.MaxValue) } });
        await using var idle = await door.EnterAsync();
        await using var subscriber = await door.EnterAsync();
        await subscriber.AskAsync("SUBSCRIBE", "c");
        clock.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal("+PONG", await idle.AskAsync("PING"));
        clock.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal("+PONG", await idle.AskAsync("PING"));
        for (var i = 0; i < 25; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(31));
        }

        Assert.Equal("(closed)", await idle.ReadAsync());
        Assert.Equal(":1", await _one.AskAsync("PUBLISH", "c", "still here"));
        Assert.Equal("[message, c, still here]", await subscriber.ReadAsync());
    }
}
