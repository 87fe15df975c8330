using Larder.Gateway.Tests.Harness;
using Larder.Model.Specs;

namespace Larder.Gateway.Tests;

/// <summary>
/// What clients that share an engine connection see when it is lost, or leads to an engine that executes nothing: each gets his own answers, in his own order.
/// </summary>
public sealed class LaneFailureTests : IAsyncLifetime
{
    private const string Uncertain = "-UNCERTAIN the primary failed while this command was under way: it may have been executed or not; look before you repeat it";
    private RedisProcess _one = null!;
    private RedisProcess _two = null!;

    public async ValueTask InitializeAsync()
    {
        _one = await RedisProcess.StartAsync();
        _two = await RedisProcess.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync();
        await _two.DisposeAsync();
    }

    [Fact]
    public async Task Many_clients_share_one_connection()
    {
        await using var door = await Door.OpenAsync(_one);
        var wires = new List<Wire>();
        for (var number = 0; number < 20; number++)
        {
            wires.Add(await door.EnterAsync());
        }

        await Task.WhenAll(wires.Select(async (wire, number) => Assert.Equal("+OK", await wire.AskAsync("SET", $"k{number}", $"{number}"))));
        await Task.WhenAll(wires.Select(async (wire, number) => Assert.Equal($"{number}", await wire.AskAsync("GET", $"k{number}"))));
        var gateways = (await _one.AskAsync("CLIENT", "LIST")).Split('\n').Count(line => line.Contains("user=gateway", StringComparison.Ordinal));
        Assert.Equal(1, gateways);
        foreach (var wire in wires)
        {
            await wire.DisposeAsync();
        }
    }

    [Fact]
    public async Task Reads_are_given_to_the_new_primary_and_writes_are_told_apart()
    {
        await using var door = await Door.OpenAsync(_one);
        await using var one = await door.EnterAsync();
        await using var other = await door.EnterAsync();
        await _two.AskAsync("SET", "a", "there");
        await _two.AskAsync("SET", "o", "other");
        _one.Freeze();
        await SendManyAsync(one, ["GET", "a"], ["SET", "b", "1"], ["CONFIG", "GET", "x"], ["INCR", "n"], ["GET", "a"], ["PING"]);
        await SendManyAsync(other, ["GET", "o"], ["INCR", "m"], ["GET", "o"]);
        await FailAsync(door, ["GET", "a"], ["SET", "b", "1"], ["INCR", "n"], ["GET", "a"], ["PING"], ["GET", "o"], ["INCR", "m"], ["GET", "o"]);
        var replies = await one.ReadManyAsync(6);
        Assert.StartsWith("-ERR unknown command", replies[2], StringComparison.Ordinal);
        Assert.Equal(["there", Uncertain, replies[2], Uncertain, "there", "+PONG"], replies);
        Assert.Equal(["other", Uncertain, "other"], await other.ReadManyAsync(3));
        Assert.Equal("(nil)", await _two.AskAsync("GET", "n"));
        Assert.Equal(":1", await one.AskAsync("INCR", "n"));
    }

    [Fact]
    public async Task What_needs_a_connection_of_its_own_waits_for_what_was_shared_before_it()
    {
        await using var door = await Door.OpenAsync(_one);
        await using var wire = await door.EnterAsync();
        _one.Freeze();
        await SendManyAsync(wire, ["GET", "a"], ["INCR", "n"], ["MULTI"], ["INCR", "n"], ["EXEC"], ["GET", "n"]);
        await FailAsync(door, ["GET", "a"], ["INCR", "n"]);
        Assert.Equal(["(nil)", Uncertain, "+OK", "+QUEUED", "[:1]", "1"], await wire.ReadManyAsync(6));
    }

    [Fact]
    public async Task Commands_that_were_not_sent_yet_wait_for_the_new_primary()
    {
        await using var door = await Door.OpenAsync(_one);
        await using var wire = await door.EnterAsync();
        _one.Stop();
        await SendManyAsync(wire, ["SET", "a", "1"], ["INCR", "n"]);
        await Door.EventuallyAsync(() => Task.FromResult(door.Gateway.Snapshot().Caches[0].BusySessions > 0), "the commands wait");
        door.Change("dev", route => route with { Primary = door.Primary(_two, 2) });
        Assert.Equal(["+OK", ":1"], await wire.ReadManyAsync(2));
    }

    [Fact]
    public async Task Without_a_primary_for_too_long_the_connection_is_closed()
    {
        await using var door = await Door.OpenAsync(_one, failover: new FailoverSpec { HoldMs = 100 });
        await using var wire = await door.EnterAsync();
        door.Change("dev", route => route with { Primary = null });
        await Door.EventuallyAsync(() => Task.FromResult(door.Gateway.Snapshot().Caches[0].Epoch is null), "there is no primary");
        await wire.SendAsync("SET", "a", "1");
        Assert.Equal("(closed)", await wire.ReadAsync());
        Assert.Equal(1, door.Gateway.Snapshot().Totals.HoldsExpired);
    }

    [Fact]
    public async Task Where_the_cache_wants_it_the_connection_of_an_uncertain_write_is_closed_and_no_other()
    {
        await using var door = await Door.OpenAsync(_one, failover: new FailoverSpec { UncertainWrites = UncertainWrites.Close });
        await using var writer = await door.EnterAsync();
        await using var reader = await door.EnterAsync();
        await _two.AskAsync("SET", "a", "there");
        _one.Freeze();
        await writer.SendAsync("SET", "a", "1");
        await reader.SendAsync("GET", "a");
        await FailAsync(door, ["SET", "a", "1"], ["GET", "a"]);
        Assert.Equal("(closed)", await writer.ReadAsync());
        Assert.Equal("there", await reader.ReadAsync());
    }

    [Fact]
    public async Task Where_the_cache_wants_it_reads_are_not_repeated()
    {
        await using var door = await Door.OpenAsync(_one, failover: new FailoverSpec { RetryReads = false });
        await using var wire = await door.EnterAsync();
        _one.Freeze();
        await wire.SendAsync("GET", "a");
        await FailAsync(door, ["GET", "a"]);
        Assert.Equal(Uncertain, await wire.ReadAsync());
    }

    [Fact]
    public async Task The_second_failure_is_made_good_as_the_first()
    {
        await using var door = await Door.OpenAsync(_one);
        await using var three = await RedisProcess.StartAsync();
        await three.AskAsync("SET", "a", "third");
        await using var wire = await door.EnterAsync();
        _one.Freeze();
        _two.Freeze();
        await SendManyAsync(wire, ["GET", "a"], ["SET", "b", "1"], ["GET", "a"]);
        await FailAsync(door, ["GET", "a"], ["SET", "b", "1"], ["GET", "a"]);
        _two.Stop();
        door.Change("dev", route => route with { Primary = door.Primary(three, 3) });
        Assert.Equal(["third", Uncertain, "third"], await wire.ReadManyAsync(3));
    }

    [Fact]
    public async Task Clients_never_see_that_an_engine_is_no_primary()
    {
        await using var door = await Door.OpenAsync(_one);
        await using var one = await door.EnterAsync();
        await using var other = await door.EnterAsync();
        await _one.AskAsync("REPLICAOF", "127.0.0.1", "1");
        await SendManyAsync(one, ["SET", "a", "1"], ["GET", "a"], ["LPUSH", "a", "x"], ["INCR", "n"]);
        await SendManyAsync(other, ["SET", "b", "1"], ["GET", "b"]);
        await Door.EventuallyAsync(() => Task.FromResult(door.Gateway.Snapshot().Totals.Repeated > 4), "they were tried");
        door.Change("dev", route => route with { Primary = door.Primary(_two, 2) });
        var replies = await one.ReadManyAsync(4);
        Assert.StartsWith("-WRONGTYPE", replies[2], StringComparison.Ordinal);
        Assert.Equal(["+OK", "1", replies[2], ":1"], replies);
        Assert.Equal(["+OK", "1"], await other.ReadManyAsync(2));
        Assert.Equal(":2", await one.AskAsync("INCR", "n"));
    }

    [Fact]
    public async Task An_engine_that_becomes_the_primary_again_is_asked_again()
    {
        await using var door = await Door.OpenAsync(_one);
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
        await using var door = await Door.OpenAsync(_one, failover: new FailoverSpec { HoldMs = 200 });
        await using var wire = await door.EnterAsync();
        await _one.AskAsync("REPLICAOF", "127.0.0.1", "1");
        Assert.StartsWith("-READONLY", await wire.AskAsync("INCR", "n"), StringComparison.Ordinal);
        Assert.Equal("+PONG", await wire.AskAsync("PING"));
    }

    [Fact]
    public async Task A_client_that_leaves_takes_nobodys_replies_with_it()
    {
        await using var door = await Door.OpenAsync(_one);
        await using var stays = await door.EnterAsync();
        var leaves = await door.EnterAsync();
        _one.Freeze();
        await SendManyAsync(leaves, ["SET", "l", "1"], ["GET", "l"]);
        await SendManyAsync(stays, ["SET", "s", "2"], ["GET", "s"]);
        await Door.EventuallyAsync(() => Task.FromResult(door.Gateway.Snapshot().Caches[0].BusySessions == 2), "both have commands under way");
        await leaves.DisposeAsync();
        _one.Thaw();
        Assert.Equal(["+OK", "2"], await stays.ReadManyAsync(2));
        await Door.EventuallyAsync(() => Task.FromResult(door.Gateway.Snapshot().Caches[0].Sessions == 1), "it is gone");
    }

    [Fact]
    public async Task A_session_that_needs_its_own_connection_no_more_shares_again()
    {
        await using var door = await Door.OpenAsync(_one);
        await using var wire = await door.EnterAsync();
        Assert.Equal("+OK", await wire.AskAsync("MULTI"));
        Assert.Equal("+QUEUED", await wire.AskAsync("INCR", "n"));
        Assert.Equal("[:1]", await wire.AskAsync("EXEC"));
        Assert.Equal(2, await ConnectionsAsync());
        for (var number = 2; number < 80; number++)
        {
            Assert.Equal($":{number}", await wire.AskAsync("INCR", "n"));
        }

        await Door.EventuallyAsync(async () => await ConnectionsAsync() == 1, "its own connection is closed");
        Assert.Equal("+OK", await wire.AskAsync("WATCH", "n"));
        Assert.Equal(2, await ConnectionsAsync());
    }

    [Fact]
    public async Task Sessions_that_come_and_go_between_the_two_are_never_closed()
    {
        await using var door = await Door.OpenAsync(_one);
        byte[] round = [.. Wire.Encode("WATCH", "n"), .. Wire.Encode("UNWATCH")];
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            await using var wire = await door.EnterAsync();
            for (var visit = 0; visit < 10; visit++)
            {
                await wire.WriteAsync(round);
                Assert.Equal(["+OK", "+OK"], await wire.ReadManyAsync(2));
                for (var number = 0; number < 66; number++)
                {
                    Assert.Equal("+PONG", await wire.AskAsync("PING"));
                }
            }
        }));
        await Door.EventuallyAsync(async () => await ConnectionsAsync() == 1, "all share again");
    }

    [Fact]
    public async Task A_line_without_end_that_comes_in_drops_is_refused_as_redis_refuses_it()
    {
        await using var door = await Door.OpenAsync(_one);
        await using var wire = await door.EnterAsync();
        var drop = new string('x', 500);
        for (var sent = 0; sent <= 65_536; sent += drop.Length)
        {
            await wire.SendTextAsync(drop);
        }

        Assert.Equal("-ERR Protocol error: too big inline request", await wire.ReadAsync());
        Assert.Equal("(closed)", await wire.ReadAsync());
    }

    [Fact]
    public async Task A_session_that_knows_its_id_keeps_it()
    {
        await using var door = await Door.OpenAsync(_one);
        await using var wire = await door.EnterAsync();
        await using var other = await door.EnterAsync();
        var id = await wire.AskAsync("CLIENT", "ID");
        for (var number = 0; number < 80; number++)
        {
            Assert.Equal("+PONG", await wire.AskAsync("PING"));
        }

        Assert.Equal(id, await wire.AskAsync("CLIENT", "ID"));
        Assert.Equal(":1", await other.AskAsync("CLIENT", "KILL", "ID", id[1..]));
        Assert.Equal("(closed)", await wire.ReadAsync());
    }

    [Fact]
    public async Task A_session_in_another_database_never_shares()
    {
        await using var door = await Door.OpenAsync(_one);
        await using var wire = await door.EnterAsync();
        _one.Freeze();
        await SendManyAsync(wire, ["SELECT", "1"], ["INCR", "n"]);
        for (var number = 2; number <= 100; number++)
        {
            await wire.SendAsync("INCR", "n");
        }

        _one.Thaw();
        Assert.Equal("+OK", await wire.ReadAsync());
        Assert.Equal(Enumerable.Range(1, 100).Select(number => $":{number}"), await wire.ReadManyAsync(100));
        for (var number = 101; number <= 200; number++)
        {
            Assert.Equal($":{number}", await wire.AskAsync("INCR", "n"));
        }

        Assert.Equal("+OK", await wire.AskAsync("SELECT", "0"));
        Assert.Equal("(nil)", await wire.AskAsync("GET", "n"));
    }

    private async Task<int> ConnectionsAsync() =>
        (await _one.AskAsync("CLIENT", "LIST")).Split('\n').Count(line => line.Contains("user=gateway", StringComparison.Ordinal));

    /// <summary>The frozen primary is replaced when these commands have arrived at it.</summary>
    private async Task FailAsync(Door door, params string[][] commands)
    {
        var bytes = commands.Sum(command => Wire.Encode(command).Length);
        await Door.EventuallyAsync(async () => await _one.UnreadAsync() >= bytes, "the commands have arrived");
        _one.Stop();
        door.Change("dev", route => route with { Primary = door.Primary(_two, 2) });
    }

    private static Task SendManyAsync(Wire wire, params string[][] commands) => wire.WriteAsync([.. commands.SelectMany(command => Wire.Encode(command))]);
}
