using Larder.Gateway.Tests.Harness;
using Larder.Model.Specs;

namespace Larder.Gateway.Tests;

/// <summary>A primary that fails with commands under way: each gets one answer, in its place, and nothing is done twice.</summary>
public sealed class FailureTests : IAsyncLifetime
{
    private const string Uncertain = "-UNCERTAIN the primary failed while this command was under way: it may have been executed or not; look before you repeat it";
    private const string Large = "large";
    private const int Part = 40_000;
    private RedisProcess _one = null!;
    private RedisProcess _two = null!;

    public async ValueTask InitializeAsync() => (_one, _two) = (await RedisProcess.StartAsync(), await RedisProcess.StartAsync());

    public async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync();
        await _two.DisposeAsync();
    }

    [Fact]
    public async Task Reads_under_way_are_given_to_the_new_primary_and_writes_are_told_apart()
    {
        await using var door = await OpenAsync();
        await using var wire = await door.EnterAsync();
        await _two.AskAsync("SET", "a", "there");
        _one.Freeze();
        await SendManyAsync(wire, ["GET", "a"], ["SET", "b", "1"], ["INCR", "n"], ["GET", "a"], ["PING"]);
        await FailAsync(door);
        Assert.Equal(["there", Uncertain, Uncertain, "there", "+PONG"], await wire.ReadManyAsync(5));
        Assert.Equal("(nil)", await _two.AskAsync("GET", "n"));
        Assert.Equal(":1", await wire.AskAsync("INCR", "n"));
    }

    [Fact]
    public async Task Commands_that_were_not_sent_yet_wait_for_the_new_primary()
    {
        await using var door = await OpenAsync();
        await using var wire = await door.EnterAsync();
        _one.Stop();
        await SendManyAsync(wire, ["SET", "a", "1"], ["MULTI"], ["INCR", "n"], ["EXEC"]);
        door.Change("dev", route => route with { Primary = door.Primary(_two, 2) });
        Assert.Equal(["+OK", "+OK", "+QUEUED", "[:1]"], await wire.ReadManyAsync(4));
    }

    [Fact]
    public async Task Transactions_that_were_not_sent_yet_wait_for_the_new_primary_with_what_is_refused_in_them()
    {
        await using var door = await OpenAsync();
        await using var wire = await door.EnterAsync();
        _one.Stop();
        await SendManyAsync(wire, ["GET", "a"], ["MULTI"], ["INCR", "n"], ["CONFIG", "GET", "x"], ["EXEC"], ["MULTI"], ["INCR", "m"], ["DISCARD"], ["GET", "a"]);
        door.Change("dev", route => route with { Primary = door.Primary(_two, 2) });
        var replies = await wire.ReadManyAsync(9);
        Assert.StartsWith("-ERR unknown command", replies[3], StringComparison.Ordinal);
        Assert.StartsWith("-EXECABORT", replies[4], StringComparison.Ordinal);
        Assert.Equal(["(nil)", "+OK", "+QUEUED", replies[3], replies[4], "+OK", "+QUEUED", "+OK", "(nil)"], replies);
    }

    [Fact]
    public async Task A_transaction_whose_end_was_under_way_is_uncertain_as_a_whole()
    {
        await using var door = await OpenAsync();
        await using var wire = await door.EnterAsync();
        _one.Freeze();
        await SendManyAsync(wire, ["GET", "a"], ["MULTI"], ["INCR", "n"], ["CONFIG", "GET", "x"], ["EXEC"], ["MULTI"], ["INCR", "m"], ["DISCARD"], ["GET", "a"]);
        await FailAsync(door);
        var replies = await wire.ReadManyAsync(9);
        Assert.StartsWith("-ERR unknown command", replies[3], StringComparison.Ordinal);
        Assert.Equal(["(nil)", "+OK", "+QUEUED", replies[3], Uncertain, "+OK", "+QUEUED", "+OK", "(nil)"], replies);
        Assert.Equal("(nil)", await _two.AskAsync("GET", "n"));
    }

    [Fact]
    public async Task An_open_transaction_goes_on_at_the_new_primary()
    {
        await using var door = await OpenAsync();
        await using var wire = await door.EnterAsync();
        await wire.AskAsync("MULTI");
        await wire.AskAsync("INCR", "n");
        _one.Freeze();
        await SendManyAsync(wire, ["INCR", "n"], ["INCR", "n"]);
        await FailAsync(door);
        Assert.Equal(["+QUEUED", "+QUEUED"], await wire.ReadManyAsync(2));
        Assert.Equal("[:1, :2, :3]", await wire.AskAsync("EXEC"));
    }

    [Fact]
    public async Task A_transaction_under_way_from_its_beginning_and_still_open_goes_on_too()
    {
        await using var door = await OpenAsync();
        await using var wire = await door.EnterAsync();
        _one.Freeze();
        await SendManyAsync(wire, ["SET", "a", "1"], ["MULTI"], ["INCR", "n"]);
        await FailAsync(door);
        Assert.Equal([Uncertain, "+OK", "+QUEUED"], await wire.ReadManyAsync(3));
        Assert.Equal("[:1]", await wire.AskAsync("EXEC"));
    }

    [Fact]
    public async Task Watched_keys_are_lost_with_their_primary()
    {
        await using var door = await OpenAsync();
        await using var wire = await door.EnterAsync();
        await wire.AskAsync("WATCH", "a");
        _one.Stop();
        await SendManyAsync(wire, ["MULTI"], ["INCR", "n"], ["EXEC"]);
        door.Change("dev", route => route with { Primary = door.Primary(_two, 2) });
        var replies = await wire.ReadManyAsync(3);
        Assert.Contains(replies[2], (string[])["(nil)", "-EXECABORT Transaction discarded because the primary failed before EXEC had reached it"]);
        Assert.Equal("(nil)", await _two.AskAsync("GET", "n"));
    }

    [Fact]
    public async Task A_command_that_waited_and_may_have_taken_something_is_uncertain()
    {
        await using var door = await OpenAsync();
        await using var wire = await door.EnterAsync();
        await wire.SendAsync("BLPOP", "list", "0");
        await BlockedAsync(_one);
        Replace(door);
        Assert.Equal(Uncertain, await wire.ReadAsync());
        Assert.Equal("+PONG", await wire.AskAsync("PING"));
    }

    [Fact]
    public async Task A_command_that_waits_to_read_goes_on_waiting()
    {
        await using var door = await OpenAsync();
        await using var wire = await door.EnterAsync();
        await wire.SendAsync("XREAD", "BLOCK", "0", "STREAMS", "s", "$");
        await BlockedAsync(_one);
        Replace(door);
        await BlockedAsync(_two);
        await _two.AskAsync("XADD", "s", "1-1", "f", "v");
        Assert.Equal("[[s, [[1-1, [f, v]]]]]", await wire.ReadAsync());
    }

    [Theory]
    [InlineData(new[] { "SET", "a", Large }, "+OK")]
    [InlineData(new[] { "GETSET", "a", Large }, "before")]
    public async Task A_command_that_had_not_arrived_whole_goes_whole_to_the_new_primary(string[] command, string reply)
    {
        await using var door = await OpenAsync();
        await using var wire = await door.EnterAsync();
        await _two.AskAsync("SET", "a", "before");
        var value = string.Concat(Enumerable.Range(0, 10_000).Select(number => $"{number:D5}"));
        var bytes = Wire.Encode([.. command.Select(argument => argument == Large ? value : argument)]);
        await SendManyAsync(wire, ["INCR", "n"], ["INCR", "n"]);
        Assert.Equal([":1", ":2"], await wire.ReadManyAsync(2));
        await PartAtEngineAsync(wire, bytes);
        Replace(door);
        await wire.WriteAsync(bytes[Part..]);
        Assert.Equal(reply, await wire.ReadAsync());
        Assert.Equal(value, await wire.AskAsync("GET", "a"));
        Assert.Equal(":1", await wire.AskAsync("INCR", "n"));
    }

    [Fact]
    public async Task A_command_whose_beginning_two_primaries_have_got_goes_whole_to_the_third()
    {
        await using var door = await OpenAsync();
        await using var three = await RedisProcess.StartAsync();
        await using var wire = await door.EnterAsync();
        var value = string.Concat(Enumerable.Range(0, 12_000).Select(number => $"{number:D5}"));
        var bytes = Wire.Encode("SET", "a", value);
        await PartAtEngineAsync(wire, bytes);
        Replace(door);
        await wire.WriteAsync(bytes[Part..(Part + 15_000)]);
        await Door.EventuallyAsync(async () => await _two.PartOfCommandAsync() is >= Part + 14_000 and <= Part + 15_000, "it goes on where it began");
        _two.Stop();
        door.Change("dev", route => route with { Primary = door.Primary(three, 3) });
        await wire.WriteAsync(bytes[(Part + 15_000)..]);
        Assert.Equal("+OK", await wire.ReadAsync());
        Assert.Equal(value, await three.AskAsync("GET", "a"));
    }

    [Fact]
    public async Task A_command_of_a_transaction_that_had_not_arrived_whole_ends_the_connection()
    {
        await using var door = await OpenAsync();
        await using var wire = await door.EnterAsync();
        var bytes = Wire.Encode("SET", "a", new string('x', 50_000));
        Assert.Equal("+OK", await wire.AskAsync("MULTI"));
        await PartAtEngineAsync(wire, bytes);
        Replace(door);
        await wire.WriteAsync(bytes[Part..]);
        Assert.Equal("(closed)", await wire.ReadAsync());
        Assert.Equal("(nil)", await _two.AskAsync("GET", "a"));
    }

    [Fact]
    public async Task Clients_whose_commands_are_just_being_sent_keep_their_connections()
    {
        await using var door = await OpenAsync();
        var wires = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => door.EnterAsync()));
        foreach (var wire in wires)
        {
            await wire.AskAsync("SELECT", "1"); // A connection of its own.
        }

        _one.Freeze();
        var sending = wires.Select((wire, client) => Task.Run(() => SendManyAsync(wire, ["INCR", $"n:{client}"], ["INCR", $"n:{client}"], ["PING"]))).ToList();
        await Door.EventuallyAsync(() => Task.FromResult(door.Gateway.Snapshot().Caches[0].BusySessions > 10), "some commands are under way");
        Replace(door);
        await Task.WhenAll(sending);
        foreach (var (client, wire) in wires.Index())
        {
            var replies = await wire.ReadManyAsync(3);
            Assert.Equal("+PONG", replies[2]);
            Assert.True(replies[..2] is [":1", ":2"] or [Uncertain, Uncertain], string.Join(' ', replies));
            Assert.Equal(replies[0] == Uncertain ? ":1" : ":3", await wire.AskAsync("INCR", $"n:{client}"));
            await wire.DisposeAsync();
        }
    }

    [Fact]
    public async Task More_than_is_kept_is_uncertain_also_where_it_reads()
    {
        await using var door = await OpenAsync();
        await using var wire = await door.EnterAsync();
        _one.Freeze();
        var command = new[] { "GET", new string('k', 1000) };
        await SendManyAsync(wire, [.. Enumerable.Repeat(command, 100)]);
        await Door.EventuallyAsync(() => Task.FromResult(door.Gateway.Snapshot().Caches[0].Sessions == 1), "it is there");
        await FailAsync(door);
        Assert.All(await wire.ReadManyAsync(100), reply => Assert.True(reply is Uncertain or "(nil)", reply));
        Assert.Equal("+PONG", await wire.AskAsync("PING"));
    }

    [Fact]
    public async Task Where_the_cache_wants_it_the_connection_is_closed_instead()
    {
        await using var door = await OpenAsync(new FailoverSpec { UncertainWrites = UncertainWrites.Close });
        await using var wire = await door.EnterAsync();
        _one.Freeze();
        await wire.SendAsync("SET", "a", "1");
        await FailAsync(door);
        Assert.Equal("(closed)", await wire.ReadAsync());
    }

    [Fact]
    public async Task Where_the_cache_wants_it_reads_are_not_repeated()
    {
        await using var door = await OpenAsync(new FailoverSpec { RetryReads = false });
        await using var wire = await door.EnterAsync();
        _one.Freeze();
        await wire.SendAsync("GET", "a");
        await FailAsync(door);
        Assert.Equal(Uncertain, await wire.ReadAsync());
    }

    [Fact]
    public async Task The_second_failure_is_made_good_as_the_first()
    {
        await using var door = await OpenAsync();
        await using var three = await RedisProcess.StartAsync();
        await three.AskAsync("SET", "a", "third");
        await using var wire = await door.EnterAsync();
        _one.Freeze();
        await SendManyAsync(wire, ["GET", "a"], ["SET", "b", "1"], ["GET", "a"]);
        _two.Freeze();
        await FailAsync(door);
        _two.Stop();
        door.Change("dev", route => route with { Primary = door.Primary(three, 3) });
        Assert.Equal(["third", Uncertain, "third"], await wire.ReadManyAsync(3));
    }

    [Fact]
    public async Task A_client_never_sees_that_an_engine_is_no_primary()
    {
        await using var door = await OpenAsync();
        await using var wire = await door.EnterAsync();
        await _one.AskAsync("REPLICAOF", "127.0.0.1", "1");
        await SendManyAsync(wire, ["PING"], ["SET", "a", "1"], ["GET", "a"], ["INCR", "n"]);
        Assert.Equal("+PONG", await wire.ReadAsync());
        door.Change("dev", route => route with { Primary = door.Primary(_two, 2) });
        Assert.Equal(["+OK", "1", ":1"], await wire.ReadManyAsync(3));
        Assert.Equal(":2", await wire.AskAsync("INCR", "n"));
    }

    [Fact]
    public async Task An_engine_that_becomes_the_primary_again_is_asked_again()
    {
        await using var door = await OpenAsync();
        await using var wire = await door.EnterAsync();
        await _one.AskAsync("REPLICAOF", "127.0.0.1", "1");
        await wire.SendAsync("INCR", "n");
        await Door.EventuallyAsync(() => Task.FromResult(door.Gateway.Snapshot().Totals.Repeated > 2), "it was tried again");
        await _one.AskAsync("REPLICAOF", "NO", "ONE");
        Assert.Equal(":1", await wire.ReadAsync());
    }

    [Fact]
    public async Task What_is_not_executed_for_too_long_is_told()
    {
        await using var door = await OpenAsync(new FailoverSpec { HoldMs = 200 });
        await using var wire = await door.EnterAsync();
        await _one.AskAsync("REPLICAOF", "127.0.0.1", "1");
        Assert.StartsWith("-READONLY", await wire.AskAsync("INCR", "n"), StringComparison.Ordinal);
        Assert.Equal("+PONG", await wire.AskAsync("PING"));
    }

    [Fact]
    public async Task Where_the_cache_wants_it_the_client_sees_it()
    {
        await using var door = await OpenAsync(new FailoverSpec { RetryNotExecuted = false });
        await using var wire = await door.EnterAsync();
        await _one.AskAsync("REPLICAOF", "127.0.0.1", "1");
        Assert.StartsWith("-READONLY", await wire.AskAsync("INCR", "n"), StringComparison.Ordinal);
    }

    private Task<Door> OpenAsync(FailoverSpec? failover = null) => OpenLearntAsync(Door.OpenAsync(
        _one, new GatewayOptions { SharesConnections = false }, failover: failover));

    /// <summary>Waits until the gateway has learnt from the engine which commands read.</summary>
    private static async Task<Door> OpenLearntAsync(Task<Door> opening)
    {
        var door = await opening;
        await using var first = await door.EnterAsync();
        await Door.EventuallyAsync(() => Task.FromResult(door.Gateway.Snapshot().Caches[0].KnowsCommands), "the commands are known");
        return door;
    }

    private async Task FailAsync(Door door)
    {
        await Door.EventuallyAsync(async () => await _one.UnreadAsync() > 0, "the commands have arrived");
        Replace(door);
    }

    /// <summary>Sends the beginning of a command, and waits until all of that has arrived at the primary.</summary>
    private async Task PartAtEngineAsync(Wire wire, byte[] command)
    {
        await wire.WriteAsync(command[..Part]);
        await Door.EventuallyAsync(async () => await _one.PartOfCommandAsync() is >= Part - 1000 and <= Part, "all of it that was sent is at the engine");
    }

    private void Replace(Door door)
    {
        _one.Stop();
        door.Change("dev", route => route with { Primary = door.Primary(_two, 2) });
    }

    private static Task SendManyAsync(Wire wire, params string[][] commands) => wire.WriteAsync([.. commands.SelectMany(command => Wire.Encode(command))]);

    private static Task BlockedAsync(RedisProcess redis) => Door.EventuallyAsync(
        async () => (await redis.AskAsync("INFO", "clients")).Contains("blocked_clients:1", StringComparison.Ordinal), "a client waits");
}
