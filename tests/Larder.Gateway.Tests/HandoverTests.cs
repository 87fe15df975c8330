using Larder.Gateway.Tests.Harness;
using Larder.Model.Routing;

namespace Larder.Gateway.Tests;

/// <summary>Holding, moving and going on: what each kind of client notices of another primary, which is nothing.</summary>
public sealed class HandoverTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private RedisProcess _one = null!;
    private RedisProcess _two = null!;
    private Door _door = null!;

    public async ValueTask InitializeAsync()
    {
        (_one, _two) = (await RedisProcess.StartAsync(), await RedisProcess.StartAsync());
        _door = await Door.OpenAsync(_one);
    }

    public async ValueTask DisposeAsync()
    {
        await _door.DisposeAsync();
        await _one.DisposeAsync();
        await _two.DisposeAsync();
    }

    [Fact]
    public async Task New_commands_are_held_and_go_to_the_new_primary()
    {
        await using var wire = await _door.EnterAsync();
        Assert.True(await HoldAsync());
        await wire.SendAsync("SET", "a", "1");
        await MoveAsync();
        Assert.Equal("(nil)", await _two.AskAsync("GET", "a"));
        _door.Gateway.Release("dev");
        Assert.Equal("+OK", await wire.ReadAsync());
        Assert.Equal("1", await _two.AskAsync("GET", "a"));
        Assert.Equal("(nil)", await _one.AskAsync("GET", "a"));
    }

    [Fact]
    public async Task A_hold_that_is_released_without_a_move_changes_nothing()
    {
        await using var wire = await _door.EnterAsync();
        Assert.True(await HoldAsync());
        await wire.SendAsync("SET", "a", "1");
        _door.Gateway.Release("dev");
        Assert.Equal("+OK", await wire.ReadAsync());
        Assert.Equal("1", await _one.AskAsync("GET", "a"));
    }

    [Fact]
    public async Task A_command_that_takes_too_long_is_told()
    {
        await using var wire = await _door.EnterAsync();
        await wire.SendAsync("WAIT", "1", "700"); // for a replica that there is not
        await Door.EventuallyAsync(async () => (await _one.AskAsync("INFO", "clients")).Contains("blocked_clients:1", StringComparison.Ordinal), "waiting");
        Assert.False(await _door.Gateway.HoldAsync("dev", HoldReason.Handover, TimeSpan.FromMilliseconds(100), TestContext.Current.CancellationToken));
        _door.Gateway.Release("dev");
        Assert.Equal(":0", await wire.ReadAsync());
    }

    [Theory]
    [InlineData("2")]
    [InlineData("3")]
    public async Task Subscriptions_are_made_again_before_anybody_publishes(string protocol)
    {
        await using var wire = await _door.EnterAsync();
        await wire.AskAsync("HELLO", protocol);
        await wire.SendAsync("SUBSCRIBE", "a", "b", "c");
        await wire.ReadManyAsync(3);
        await wire.SendAsync("UNSUBSCRIBE", "b");
        await wire.ReadAsync();
        await wire.SendAsync("PSUBSCRIBE", "p*");
        await wire.ReadAsync();
        await wire.SendAsync("SSUBSCRIBE", "s");
        await wire.ReadAsync();
        Assert.True(await HoldAsync());
        await MoveAsync();
        foreach (var (command, channel, heard) in new[] { ("PUBLISH", "a", ":1"), ("PUBLISH", "b", ":0"), ("PUBLISH", "px", ":1"), ("SPUBLISH", "s", ":1") })
        {
            Assert.Equal(heard, await _two.AskAsync(command, channel, "hello"));
        }

        _door.Gateway.Release("dev");
        var push = protocol == "3" ? ">" : "";
        Assert.Equal(
            [$"{push}[message, a, hello]", $"{push}[pmessage, p*, px, hello]", $"{push}[smessage, s, hello]"], await wire.ReadManyAsync(3));
        await wire.SendAsync("UNSUBSCRIBE");
        Assert.All(await wire.ReadManyAsync(2), reply => Assert.Contains("unsubscribe", reply, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_open_transaction_is_queued_again()
    {
        await using var wire = await _door.EnterAsync();
        await wire.AskAsync("MULTI");
        await wire.AskAsync("SET", "a", "1");
        await wire.AskAsync("INCR", "a");
        Assert.True(await HoldAsync());
        await MoveAsync();
        _door.Gateway.Release("dev");
        Assert.Equal("+QUEUED", await wire.AskAsync("INCR", "a"));
        Assert.Equal("[+OK, :2, :3]", await wire.AskAsync("EXEC"));
        Assert.Equal("3", await _two.AskAsync("GET", "a"));
        Assert.Equal("(nil)", await _one.AskAsync("GET", "a"));
    }

    [Fact]
    public async Task A_transaction_that_was_spoilt_stays_spoilt()
    {
        await using var wire = await _door.EnterAsync();
        await wire.AskAsync("MULTI");
        await wire.AskAsync("CONFIG", "GET", "x");
        Assert.True(await HoldAsync());
        await MoveAsync();
        _door.Gateway.Release("dev");
        Assert.StartsWith("-EXECABORT", await wire.AskAsync("EXEC"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2")]
    [InlineData("3")]
    public async Task A_watched_transaction_fails_once_as_if_the_key_had_changed(string protocol)
    {
        await using var wire = await _door.EnterAsync();
        await wire.AskAsync("HELLO", protocol);
        await wire.AskAsync("WATCH", "a");
        Assert.True(await HoldAsync());
        await MoveAsync();
        _door.Gateway.Release("dev");
        await wire.AskAsync("MULTI");
        await wire.AskAsync("SET", "a", "1");
        Assert.Equal("(nil)", await wire.AskAsync("EXEC"));
        Assert.Equal("(nil)", await _two.AskAsync("GET", "a"));
        await wire.AskAsync("MULTI");
        await wire.AskAsync("SET", "a", "2");
        Assert.Equal("[+OK]", await wire.AskAsync("EXEC"));
    }

    [Fact]
    public async Task A_waiting_command_waits_at_the_new_primary_with_the_time_it_has_left()
    {
        await using var wire = await _door.EnterAsync();
        await using var timed = await _door.EnterAsync();
        await using var stream = await _door.EnterAsync();
        await wire.SendAsync("BLPOP", "q", "0");
        await timed.SendAsync("BRPOP", "t", "1.5");
        await stream.SendAsync("XREAD", "BLOCK", "0", "STREAMS", "s", "$");
        await Door.EventuallyAsync(async () => (await _one.AskAsync("INFO", "clients")).Contains("blocked_clients:3", StringComparison.Ordinal), "blocked");
        Assert.True(await HoldAsync());
        Assert.Equal("+OK", await _one.AskAsync("REPLICAOF", "127.0.0.1", "1")); // gives waiting clients back, as a demotion does
        await MoveAsync();
        _door.Gateway.Release("dev");
        await Door.EventuallyAsync(async () => (await _two.AskAsync("INFO", "clients")).Contains("blocked_clients:3", StringComparison.Ordinal), "blocked again");
        await _two.AskAsync("RPUSH", "q", "element");
        Assert.Equal("[q, element]", await wire.ReadAsync());
        await _two.AskAsync("XADD", "s", "1-1", "f", "v");
        Assert.Equal("[[s, [[1-1, [f, v]]]]]", await stream.ReadAsync());
        Assert.Equal("(nil)", await timed.ReadAsync());
        Assert.Equal("+PONG", await wire.AskAsync("PING"));
    }

    [Fact]
    public async Task A_waiting_command_whose_engine_does_not_give_it_back_moves_all_the_same()
    {
        await using var wire = await _door.EnterAsync();
        await wire.SendAsync("BLPOP", "q", "0");
        await Door.EventuallyAsync(async () => (await _one.AskAsync("INFO", "clients")).Contains("blocked_clients:1", StringComparison.Ordinal), "blocked");
        Assert.True(await HoldAsync());
        await MoveAsync();
        _door.Gateway.Release("dev");
        await Door.EventuallyAsync(async () => (await _two.AskAsync("INFO", "clients")).Contains("blocked_clients:1", StringComparison.Ordinal), "blocked again");
        Assert.Contains("blocked_clients:0", await _one.AskAsync("INFO", "clients"), StringComparison.Ordinal);
        await _two.AskAsync("RPUSH", "q", "element");
        Assert.Equal("[q, element]", await wire.ReadAsync());
    }

    [Fact]
    public async Task A_primary_that_changes_while_subscriptions_are_made_again_is_followed()
    {
        await using var three = await RedisProcess.StartAsync();
        await using var wire = await _door.EnterAsync();
        await wire.AskAsync("SUBSCRIBE", "c");
        _two.Freeze();
        _door.Change("dev", route => route with { Primary = _door.Primary(_two, 2) });
        await Door.EventuallyAsync(async () => await _one.AskAsync("PUBSUB", "NUMSUB", "c") == "[c, :0]", "it has left the first one");
        _door.Change("dev", route => route with { Primary = _door.Primary(three, 3) });
        await Door.EventuallyAsync(() => Task.FromResult(_door.Gateway.Snapshot().Caches.Single().Epoch == 3), "the route is known");
        _two.Thaw();
        await Door.EventuallyAsync(async () => await three.AskAsync("PUBSUB", "NUMSUB", "c") == "[c, :1]", "it has come to the third one");
        Assert.Equal("[c, :0]", await _two.AskAsync("PUBSUB", "NUMSUB", "c"));
    }

    private Task<bool> HoldAsync() => _door.Gateway.HoldAsync("dev", HoldReason.Handover, Limit, TestContext.Current.CancellationToken);

    private async Task MoveAsync()
    {
        _door.Change("dev", route => route with { Primary = _door.Primary(_two, 2) });
        Assert.True(await _door.Gateway.FollowAsync("dev", 2, Limit, TestContext.Current.CancellationToken));
    }
}
