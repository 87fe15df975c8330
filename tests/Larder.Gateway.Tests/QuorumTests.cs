using System.Net;
using System.Net.Sockets;
using Larder.Gateway.Tests.Harness;
using Larder.Model.Specs;

namespace Larder.Gateway.Tests;

/// <summary><c>durability: quorum</c>: a write is answered when a replica has it, or with an error that says that none has.</summary>
public sealed class QuorumTests : IAsyncLifetime
{
    private const string NotAcknowledged = "-UNCERTAIN the write is done on the primary, but no replica acknowledged it in time: it is lost if the primary fails now";
    private static readonly string Users = "user default on nopass ~* &* +@all\n";

    /// <summary>Long enough for any machine: what is acknowledged is acknowledged at once, so that nobody waits for it.</summary>
    private static readonly FailoverSpec Patient = new() { QuorumTimeoutMs = 30_000 };

    private static readonly FailoverSpec Impatient = new() { QuorumTimeoutMs = 300 };

    private readonly int _port = FreePort();
    private readonly int _otherPort = FreePort();
    private RedisProcess _primary = null!;
    private RedisProcess _replica = null!;
    private Door _door = null!;

    public async ValueTask InitializeAsync()
    {
        _primary = await RedisProcess.StartAsync($"port {_port}\nbind 127.0.0.1\nrepl-diskless-sync-delay 0\n{Users}");
        _replica = await RedisProcess.StartAsync();
        _door = await Door.OpenAsync(_primary, durability: DurabilityMode.Quorum, failover: Patient);
        await using var first = await _door.EnterAsync();
        await Door.EventuallyAsync(() => Task.FromResult(_door.Gateway.Snapshot().Caches[0].KnowsCommands), "the commands are known");
    }

    public async ValueTask DisposeAsync()
    {
        await _door.DisposeAsync();
        await _primary.DisposeAsync();
        await _replica.DisposeAsync();
    }

    [Fact]
    public async Task A_write_is_answered_when_a_replica_has_it()
    {
        await AttachAsync();
        await using var wire = await _door.EnterAsync();
        for (var number = 1; number <= 50; number++)
        {
            Assert.Equal($":{number}", await wire.AskAsync("INCR", "n"));
            Assert.Equal($"{number}", await _replica.AskAsync("GET", "n"));
        }
    }

    [Fact]
    public async Task Without_a_replica_a_write_fails_honestly_and_a_read_does_not_care()
    {
        _door.Change("dev", route => route with { Failover = Impatient });
        await using var wire = await _door.EnterAsync();
        Assert.Equal(NotAcknowledged, await wire.AskAsync("SET", "a", "1"));
        Assert.Equal("1", await wire.AskAsync("GET", "a"));
        Assert.Equal(1, _door.Gateway.Snapshot().Totals.NotAcknowledged);
    }

    [Fact]
    public async Task A_pipeline_keeps_its_order_and_its_errors()
    {
        await AttachAsync();
        await using var wire = await _door.EnterAsync();
        string[][] commands =
        [
            ["SET", "a", "1"], ["INCR", "a"], ["LPUSH", "a", "x"], ["GET", "a"], ["CONFIG", "GET", "x"], ["MULTI"], ["INCR", "a"], ["GET", "a"], ["EXEC"],
            ["EVAL", "return redis.call('incr', KEYS[1])", "1", "a"], ["GET", "a"], ["BLPOP", "empty", "0.01"], ["PING"],
        ];
        await wire.WriteAsync([.. commands.SelectMany(command => Wire.Encode(command))]);
        var replies = await wire.ReadManyAsync(13);
        Assert.StartsWith("-WRONGTYPE", replies[2], StringComparison.Ordinal);
        Assert.StartsWith("-ERR unknown command", replies[4], StringComparison.Ordinal);
        Assert.Equal(["+OK", ":2", replies[2], "2", replies[4], "+OK", "+QUEUED", "+QUEUED", "[:3, 3]", ":4", "4", "(nil)", "+PONG"], replies);
    }

    [Fact]
    public async Task A_replica_that_stands_still_is_waited_for_and_told()
    {
        await AttachAsync();
        _door.Change("dev", route => route with { Failover = Impatient });
        await using var wire = await _door.EnterAsync();
        _replica.Freeze();
        await wire.WriteAsync([.. Wire.Encode("SET", "a", "1"), .. Wire.Encode("LPUSH", "a", "x"), .. Wire.Encode("GET", "a")]);
        var replies = await wire.ReadManyAsync(3);
        Assert.StartsWith("-WRONGTYPE", replies[1], StringComparison.Ordinal);
        Assert.Equal([NotAcknowledged, replies[1], "1"], replies);
    }

    [Fact]
    public async Task A_primary_that_fails_before_the_acknowledgement_leaves_the_write_uncertain()
    {
        await AttachAsync();
        await using var wire = await _door.EnterAsync();
        _replica.Freeze();
        await wire.WriteAsync([.. Wire.Encode("SET", "a", "1"), .. Wire.Encode("SET", "b", "1"), .. Wire.Encode("GET", "c")]);
        await Door.EventuallyAsync(async () => (await _primary.AskAsync("GET", "b")) == "1", "the writes are done");
        _primary.Stop();
        await using var other = await RedisProcess.StartAsync();
        _door.Change("dev", route => route with { Primary = _door.Primary(other, 2) });
        var replies = await wire.ReadManyAsync(3);
        Assert.All(replies[..2], reply => Assert.StartsWith("-UNCERTAIN the primary failed", reply, StringComparison.Ordinal));
        Assert.Equal("(nil)", replies[2]);
    }

    [Fact]
    public async Task A_write_that_had_not_arrived_whole_is_acknowledged_by_a_replica_of_the_new_primary()
    {
        await using var wire = await _door.EnterAsync();
        var bytes = Wire.Encode("SET", "a", new string('x', 50_000));
        await wire.WriteAsync(bytes[..40_000]);
        await Door.EventuallyAsync(async () => await _primary.PartOfCommandAsync() is >= 39_000 and <= 40_000, "it has arrived");
        _primary.Stop();
        await using var other = await RedisProcess.StartAsync($"port {_otherPort}\nbind 127.0.0.1\nrepl-diskless-sync-delay 0\n{Users}");
        await _replica.AskAsync("REPLICAOF", "127.0.0.1", $"{_otherPort}");
        _door.Change("dev", route => route with { Primary = _door.Primary(other, 2) });
        await wire.WriteAsync(bytes[40_000..]);
        Assert.Equal("+OK", await wire.ReadAsync());
        Assert.Equal(":50000", await _replica.AskAsync("STRLEN", "a"));
        Assert.Equal(":1", await wire.AskAsync("INCR", "n"));
    }

    private async Task AttachAsync()
    {
        await _replica.AskAsync("REPLICAOF", "127.0.0.1", $"{_port}");
        await Door.EventuallyAsync(async () => (await _replica.AskAsync("INFO", "replication")).Contains("master_link_status:up", StringComparison.Ordinal), "in sync");
        await Door.EventuallyAsync(async () => (await _primary.AskAsync("WAIT", "1", "100")) != ":0", "the replica acknowledges");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
