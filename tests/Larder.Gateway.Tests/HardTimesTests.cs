using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Larder.Gateway.Tests.Harness;

namespace Larder.Gateway.Tests;

/// <summary>Clients and engines at their worst: what the client gets, what the log says, and that the others notice nothing.</summary>
public sealed class HardTimesTests : IAsyncLifetime
{
    private readonly LogCapture _log = new();
    private RedisProcess _redis = null!;
    private Door _door = null!;
    private Wire _other = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _redis = await RedisProcess.StartAsync();
        _door = await Door.OpenAsync(_redis.SocketPath, _log);
        _other = await _door.EnterAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _other.DisposeAsync();
        await _door.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Theory]
    [InlineData("PING\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003 cut off in its hello")]
    public async Task Garbage_on_the_tls_port_is_closed_and_noted_for_those_who_look(string bytes)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _door.Port, Token);
        var stream = client.GetStream();
        await stream.WriteAsync(System.Text.Encoding.Latin1.GetBytes(bytes), Token);
        client.Client.Shutdown(SocketShutdown.Send);
        await ReadToEndAsync(stream);
        await Door.EventuallyAsync(() => Task.FromResult(_log.Has("Debug 5103: ")), "the handshake's failure in the log");
        await Door.EventuallyAsync(() => Task.FromResult(_door.Gateway.Snapshot().Totals.HandshakesFailed == 1), "it is counted");
        await AssertOthersAreWellAsync();
    }

    [Fact]
    public async Task A_client_that_does_not_trust_the_certificate_leaves_and_nobody_else_notices()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _door.Port, Token);
        await using var tls = new SslStream(client.GetStream());
        await Assert.ThrowsAsync<System.Security.Authentication.AuthenticationException>(() => tls.AuthenticateAsClientAsync("dev.test"));
        await AssertOthersAreWellAsync();
    }

    [Fact]
    public async Task A_key_of_a_megabyte_is_not_even_read()
    {
        await using var wire = await _door.ConnectAsync();
        var sending = wire.SendAsync("AUTH", new string('k', 1 << 20));
        Assert.Equal("-ERR Protocol error: unauthenticated bulk length", await wire.ReadAsync());
        Assert.Equal("(closed)", await wire.ReadAsync());
        await sending.ContinueWith(_ => { }, Token, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default); // May fail: nobody reads it.
        Assert.Equal(1, _door.Gateway.Snapshot().Totals.ProtocolErrors);
        await AssertOthersAreWellAsync();
    }

    [Fact]
    public async Task A_crowd_that_comes_at_once_is_let_in_up_to_the_limit_and_the_rest_is_told()
    {
        const int crowd = 150;
        var wires = await Task.WhenAll(Enumerable.Range(0, crowd).Select(_ => _door.ConnectAsync()));
        var answers = await Task.WhenAll(wires.Select(wire => wire.AskAsync("AUTH", Door.Key)));
        var limit = _door.Route("dev").MaxClients;
        Assert.Equal(limit - 1, answers.Count(answer => answer == "+OK"));
        Assert.Equal(crowd - limit + 1, answers.Count(answer => answer == "-ERR max number of clients reached"));
        await AssertOthersAreWellAsync();
        await Task.WhenAll(wires.Select(wire => wire.DisposeAsync().AsTask()));
        await Door.EventuallyAsync(() => Task.FromResult(_door.Gateway.Snapshot().Caches[0].Sessions == 1), "all are gone");
    }

    [Fact]
    public async Task A_handshake_byte_by_byte_ends_at_the_time_limit()
    {
        await using var door = await Door.OpenAsync(
            _redis.SocketPath, _log, new GatewayOptions { HandshakeTimeout = TimeSpan.FromMilliseconds(300) });
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(IPAddress.Loopback, door.Port, Token);
        var stream = client.GetStream(); // Once: a client that was closed has none any more.
        var reading = ReadToEndAsync(stream);
        byte[] hello = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03, .. new byte[500]];
        for (var index = 0; index < hello.Length && !reading.IsCompleted; index++)
        {
            try
            {
                await stream.WriteAsync(hello.AsMemory(index, 1), Token);
            }
            catch (IOException)
            {
                break;
            }

            await Task.WhenAny(reading, Task.Delay(20, Token));
        }

        await reading.WaitAsync(TimeSpan.FromSeconds(15), Token);
        await Door.EventuallyAsync(
            () => Task.FromResult(door.Gateway.Snapshot().Totals.HandshakesFailed == 1 && _log.Has("Debug 5103: ")), "it is counted and told");
        await AssertOthersAreWellAsync();
    }

    [Fact]
    public async Task Commands_byte_by_byte_hold_up_nobody_else()
    {
        await using var slow = await _door.EnterAsync();
        foreach (var one in Wire.Encode("SET", "slow", "but sure"))
        {
            await slow.WriteAsync([one]);
            await AssertOthersAreWellAsync();
        }

        Assert.Equal("+OK", await slow.ReadAsync());
    }

    [Fact]
    public async Task A_reply_of_many_megabytes_arrives_while_others_are_served()
    {
        const int megabytes = 48;
        await using var wire = await _door.EnterAsync();
        Assert.Equal($":{megabytes << 20}", await wire.AskAsync("SETRANGE", "large", $"{(megabytes << 20) - 1}", "x"));
        await wire.SendAsync("GET", "large");
        var received = 0L;
        var buffer = new byte[1 << 16];
        while (received < (megabytes << 20))
        {
            received += await wire.Stream.ReadAsync(buffer, Token);
            if (received % 7 == 0)
            {
                await AssertOthersAreWellAsync();
            }
        }

        await AssertOthersAreWellAsync();
    }

    [Theory]
    [InlineData("GET large")]
    [InlineData("LRANGE list 0 -1")]
    public async Task A_reply_larger_than_the_output_limit_is_given_at_the_clients_pace(string command)
    {
        const int elements = 20_000;
        await using var door = await Door.OpenAsync(_redis.SocketPath, _log, new GatewayOptions { OutputLimitBytes = 2 << 20 });
        await using var wire = await door.EnterAsync();
        await _redis.AskAsync("EVAL", $"redis.call('SET', 'large', string.rep('x', 20000000)) for i = 1, {elements} do redis.call('RPUSH', 'list', string.rep('y', 1000)) end", "0");
        await using var other = await door.EnterAsync();
        foreach (var behind in new[] { "ECHO one", command, "ECHO two" })
        {
            await wire.SendAsync(behind.Split(' '));
        }

        for (var number = 0; number < 50; number++)
        {
            Assert.Equal("+PONG", await other.AskAsync("PING")); // Nobody reads the reply meanwhile.
        }

        Assert.Equal("one", await wire.ReadAsync());
        Assert.Equal(command[0] == 'G' ? 20_000_000 : (elements * 1002), (await wire.ReadAsync()).Length);
        Assert.Equal("two", await wire.ReadAsync());
        Assert.Equal("+OK", await wire.AskAsync("SET", "after", "it"));
    }

    [Fact]
    public async Task A_large_reply_with_a_write_behind_it_keeps_its_place()
    {
        await using var wire = await _door.EnterAsync();
        await _redis.AskAsync("EVAL", "redis.call('SET', 'large', string.rep('x', 6000000))", "0");
        await wire.WriteAsync([.. Wire.Encode("GET", "large"), .. Wire.Encode("SET", "large", "small"), .. Wire.Encode("GET", "large")]);
        Assert.Equal(6_000_000, (await wire.ReadAsync()).Length);
        Assert.Equal(["+OK", "small"], await wire.ReadManyAsync(2));
        await AssertOthersAreWellAsync();
    }

    [Theory]
    [InlineData("half", "EngineClosed", null)]
    [InlineData("nonsense", "UnexpectedReply", "Error 5001: ")]
    [InlineData("unasked", "UnexpectedReply", "Error 5001: ")]
    public async Task An_engine_that_breaks_the_protocol_costs_the_client_that_asked_its_connection(string key, string reason, string? logged)
    {
        await using var engine = new ScriptedEngine();
        await using var door = await Door.OpenAsync(engine.SocketPath, _log);
        await using var other = await door.EnterAsync();
        Assert.Equal("v", await other.AskAsync("GET", "fine"));
        await using var wire = await door.EnterAsync();
        await wire.SendAsync("GET", key);
        Assert.Equal(key switch { "half" => "$1000\r\nhalf of it", "unasked" => "$1\r\nv\r\n", _ => "" }, await wire.ReadToEndAsync());
        await Door.EventuallyAsync(() => Task.FromResult(_log.Has($"ended: {reason}.")), "the reason in the log");
        Assert.True(logged is null || _log.Has(logged));
        Assert.Equal("v", await other.AskAsync("GET", "fine"));
    }

    [Fact]
    public async Task A_client_that_leaves_while_it_is_let_in_leaves_no_engine_connection()
    {
        for (var round = 0; round < 30; round++)
        {
            var wire = await _door.ConnectAsync();
            await wire.SendAsync("AUTH", Door.Key);
            await wire.DisposeAsync();
        }

        await Door.EventuallyAsync(() => Task.FromResult(_door.Gateway.Snapshot().Caches[0].Sessions == 1), "the sessions' end");
        await Door.EventuallyAsync(
            async () => (await _redis.AskAsync("INFO", "clients")).Contains("connected_clients:2\r\n", StringComparison.Ordinal), "one client, and who asks");
    }

    [Fact]
    public async Task A_client_that_another_one_ends_is_closed_at_once()
    {
        await using var victim = await _door.EnterAsync();
        var id = (await victim.AskAsync("CLIENT", "ID"))[1..];
        Assert.Equal(":1", await _other.AskAsync("CLIENT", "KILL", "ID", id));
        Assert.Equal("(closed)", await victim.ReadAsync());
        await AssertOthersAreWellAsync();
    }

    [Theory]
    [InlineData(10)]
    [InlineData(300_000)]
    public async Task A_client_that_leaves_while_it_waits_is_noticed_however_much_it_has_sent_ahead(int ahead)
    {
        var wire = await _door.EnterAsync();
        await wire.SendAsync("BLPOP", "q", "0");
        await wire.SendAsync("ECHO", new string('x', ahead));
        await Door.EventuallyAsync(async () => (await _redis.AskAsync("INFO", "clients")).Contains("blocked_clients:1", StringComparison.Ordinal), "blocked");
        await wire.DisposeAsync();
        await Door.EventuallyAsync(() => Task.FromResult(_door.Gateway.Snapshot().Caches[0].Sessions == 1), "the session's end");
        await AssertOthersAreWellAsync();
    }

    private async Task AssertOthersAreWellAsync()
    {
        Assert.Equal("+OK", await _other.AskAsync("SET", "other", "well"));
        Assert.Equal("well", await _other.AskAsync("GET", "other"));
    }

    private static async Task ReadToEndAsync(Stream stream)
    {
        try
        {
            while (await stream.ReadAsync(new byte[64], Token) > 0)
            {
            }
        }
        catch (IOException)
        {
            // Reset: closed all the same.
        }
    }
}
