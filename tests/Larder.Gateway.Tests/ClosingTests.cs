using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Larder.Gateway.Tests.Harness;
using Larder.Model.Routing;
using Larder.Model.Specs;

namespace Larder.Gateway.Tests;

/// <summary>However a session ends, its client is told by the network: with the end of the stream or a reset, within a bound.</summary>
public sealed class ClosingTests : IAsyncLifetime
{
    private static readonly GatewayOptions Options = new() { CloseGrace = TimeSpan.FromMilliseconds(200), DeadPeerTimeout = TimeSpan.FromSeconds(3), SharesConnections = false };

    /// <summary>Within what time a client must be told, generously; without an end it would be minutes.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    private RedisProcess _redis = null!;

    public async ValueTask InitializeAsync() => _redis = await RedisProcess.StartAsync();

    public async ValueTask DisposeAsync() => await _redis.DisposeAsync();

    public enum Ending
    {
        KeyRegenerated,
        CacheRemoved,
        NoPrimary,
        GatewayStopped,
        EngineEndedInsideReply,
        ProtocolError,
        Quit,
        ClientEndsItsSide,
        EngineSilent,
    }

    [Theory]
    [InlineData(Ending.KeyRegenerated)]
    [InlineData(Ending.CacheRemoved)]
    [InlineData(Ending.NoPrimary)]
    [InlineData(Ending.GatewayStopped)]
    [InlineData(Ending.EngineEndedInsideReply)]
    [InlineData(Ending.ProtocolError)]
    [InlineData(Ending.Quit)]
    [InlineData(Ending.ClientEndsItsSide)]
    [InlineData(Ending.EngineSilent)]
    public async Task A_client_on_another_machine_sees_the_end(Ending ending)
    {
        Assert.SkipWhen(CutOffNetwork.Problem is not null, CutOffNetwork.Problem ?? "");
        var port = Door.FreePort();
        await using var network = await CutOffNetwork.MakeAsync(port);
        await using var door = await OpenAsync(network.Host, port);
        using var client = await EnterAsync(network, port);
        await EndAsync(door, client, ending);
        Assert.True(await SeesTheEndAsync(client), $"{ending}: nothing came");
    }

    [Theory]
    [InlineData(Ending.KeyRegenerated)]
    [InlineData(Ending.CacheRemoved)]
    [InlineData(Ending.GatewayStopped)]
    [InlineData(Ending.ClientEndsItsSide)]
    public async Task A_client_that_takes_nothing_is_broken_off(Ending ending)
    {
        var port = Door.FreePort();
        await using var door = await OpenAsync(IPAddress.Loopback, port);
        await _redis.AskAsync("SET", "large", new string('v', 1_000_000));
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
        await AskAsync(client, "AUTH", Door.Key);
        for (var i = 0; i < 64; i++)
        {
            await client.SendAsync(Wire.Encode("GET", "large"));
        }

        await StuckAsync();
        var ended = EndAsync(door, client, ending);
        await Door.EventuallyAsync(() => Task.FromResult(client.Poll(0, SelectMode.SelectError)), $"{ending}: a reset came");
        await ended;
        await Door.EventuallyAsync(() => Task.FromResult(door.Gateway.Snapshot().Caches.Sum(cache => cache.Sessions) == 0), "its session is over");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_vanishes_is_noticed(bool whileItIsSentTo)
    {
        Assert.SkipWhen(CutOffNetwork.Problem is not null, CutOffNetwork.Problem ?? "");
        var port = Door.FreePort();
        await using var network = await CutOffNetwork.MakeAsync(port);
        await using var door = await OpenAsync(network.Host, port);
        using var client = await EnterAsync(network, port);
        await AskAsync(client, "SUBSCRIBE", "c");
        await network.CutAsync();
        var cut = TimeProvider.System.GetTimestamp();
        if (whileItIsSentTo)
        {
            Assert.Equal(":1", await _redis.AskAsync("PUBLISH", "c", "into the dark"));
        }

        await Door.EventuallyAsync(async () => await _redis.AskAsync("PUBSUB", "NUMSUB", "c") == "[c, :0]", "its session ended");
        Assert.InRange(TimeProvider.System.GetElapsedTime(cut), TimeSpan.FromSeconds(1), Options.DeadPeerTimeout + Bound);
        await Door.EventuallyAsync(() => Task.FromResult(door.Gateway.Snapshot().Caches.Sum(cache => cache.Sessions) == 0), "its session is over");
    }

    [Theory]
    [InlineData(Ending.KeyRegenerated)]
    [InlineData(Ending.CacheRemoved)]
    [InlineData(Ending.GatewayStopped)]
    public async Task A_client_of_a_shared_engine_connection_that_takes_nothing_is_broken_off_too(Ending ending)
    {
        var port = Door.FreePort();
        await using var door = await Door.OpenAsync(
            _redis, Options with { SharesConnections = true }, change: route => route with { Listen = [new ListenEndpoint(IPAddress.Loopback, port, Tls: false)] });
        await _redis.AskAsync("SET", "large", new string('v', 1_000_000));
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
        await AskAsync(client, "AUTH", Door.Key);
        await _redis.AskAsync("CONFIG", "RESETSTAT");
        await client.SendAsync(Enumerable.Repeat(Wire.Encode("GET", "large"), 16).SelectMany(command => command).ToArray());
        await Door.EventuallyAsync(
            async () => (await _redis.AskAsync("INFO", "commandstats")).Contains("cmdstat_get:calls=16,", StringComparison.Ordinal)
                && door.Gateway.Snapshot().Caches.Single().BusySessions == 0,
            "all are answered");
        var ended = EndAsync(door, client, ending);
        await Door.EventuallyAsync(() => Task.FromResult(client.Poll(0, SelectMode.SelectError)), $"{ending}: a reset came");
        await ended;
        await Door.EventuallyAsync(() => Task.FromResult(door.Gateway.Snapshot().Caches.Sum(cache => cache.Sessions) == 0), "its session is over");
    }

    [Fact]
    public async Task A_client_in_its_handshake_does_not_hold_up_the_end_of_the_gateway()
    {
        await using var door = await Door.OpenAsync(_redis, Options);
        var handshakes = new List<(Socket Socket, SslStream Tls)>();
        for (var count = 1; count <= 20; count++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, door.Port, TestContext.Current.CancellationToken);
            handshakes.Add((socket, new SslStream(new NetworkStream(socket, ownsSocket: true))));
        }

        await Door.EventuallyAsync(() => Task.FromResult(door.Gateway.Snapshot().Totals.Accepted == handshakes.Count), "all are accepted");
        var stopping = door.Gateway.StopAsync(TestContext.Current.CancellationToken);
        foreach (var (_, tls) in handshakes)
        {
#pragma warning disable CA5359 // What certificate is shown is another test's matter.
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = "dev.test", RemoteCertificateValidationCallback = (_, _, _, _) => true },
                TestContext.Current.CancellationToken);
#pragma warning restore CA5359
        }

        await stopping.WaitAsync(Bound, TestContext.Current.CancellationToken);
        foreach (var (_, tls) in handshakes)
        {
            Assert.Equal(0, await tls.ReadAsync(new byte[1], TestContext.Current.CancellationToken));
            await tls.DisposeAsync();
        }
    }

    private async Task EndAsync(Door door, Socket client, Ending ending)
    {
        switch (ending)
        {
            case Ending.KeyRegenerated:
                door.Change("dev", route => route with { AccessKeys = [Door.Digest("primary-2", "another")] });
                break;
            case Ending.CacheRemoved:
                door.Remove("dev");
                break;
            case Ending.NoPrimary:
                door.Change("dev", route => route with { Primary = null, Failover = new FailoverSpec { HoldMs = 100 } });
                await Door.EventuallyAsync(() => Task.FromResult(door.Gateway.Snapshot().Caches.Single().Epoch is null), "the primary is gone");
                await client.SendAsync(Wire.Encode("PING"));
                break;
            case Ending.GatewayStopped:
                await door.Gateway.StopAsync(TestContext.Current.CancellationToken);
                break;
            case Ending.EngineEndedInsideReply:
                await _redis.AskAsync("SET", "large", new string('v', 64_000_000));
                await client.SendAsync(Wire.Encode("GET", "large"));
                await client.ReceiveAsync(new byte[1]);
                _redis.Stop();
                break;
            case Ending.EngineSilent:
                _redis.Freeze();
                await client.SendAsync(Wire.Encode("GET", "a"));
                await Door.EventuallyAsync(() => Task.FromResult(door.Gateway.Snapshot().Caches.Single().BusySessions == 1), "the command is under way");
                door.Change("dev", route => route with { Primary = null, Failover = new FailoverSpec { HoldMs = 100 } });
                break;
            case Ending.ClientEndsItsSide:
                client.Shutdown(SocketShutdown.Send);
                break;
            case Ending.ProtocolError:
                await client.SendAsync("*1\r\n:1\r\n"u8.ToArray());
                break;
            default:
                await client.SendAsync(Wire.Encode("QUIT"));
                break;
        }
    }

    /// <summary>Waits until all buffers on the way to the client are full, so that the engine does not get rid of its replies.</summary>
    private async Task StuckAsync()
    {
        var (last, same) = ("", 0);
        await Door.EventuallyAsync(
            async () =>
            {
                var memory = (await _redis.AskAsync("CLIENT", "LIST")).Split('\n').FirstOrDefault(line => line.Contains("cmd=get", StringComparison.Ordinal))?
                    .Split(' ').First(field => field.StartsWith("omem=", StringComparison.Ordinal)) ?? "";
                (last, same) = (memory, memory == last && memory is not ("" or "omem=0") ? same + 1 : 0);
                return same == 20;
            },
            "nothing moves");
    }

    private async Task<Door> OpenAsync(IPAddress address, int port) =>
        await Door.OpenAsync(_redis, Options, change: route => route with { Listen = [new ListenEndpoint(address, port, Tls: false)] });

    private static async Task<Socket> EnterAsync(CutOffNetwork network, int port)
    {
        var client = await network.ConnectAsync(port);
        Assert.Equal("+OK\r\n", await AskAsync(client, "AUTH", Door.Key));
        return client;
    }

    private static async Task<string> AskAsync(Socket client, params string[] command)
    {
        await client.SendAsync(Wire.Encode(command));
        var buffer = new byte[512];
        return Encoding.Latin1.GetString(buffer, 0, await client.ReceiveAsync(buffer, TestContext.Current.CancellationToken));
    }

    /// <summary>Reads all that still comes.</summary>
    private static async Task<bool> SeesTheEndAsync(Socket client)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(Bound);
        var buffer = new byte[65536];
        try
        {
            while (await client.ReceiveAsync(buffer, deadline.Token) > 0)
            {
            }

            return true;
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
        {
            return true;
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
