using System.Net.Security;
using System.Security.Authentication;
using Larder.Gateway.Tests.Harness;
using Larder.Model.Routing;

namespace Larder.Gateway.Tests;

/// <summary>Listeners, certificates and server names.</summary>
public sealed class TlsTests : IAsyncLifetime
{
    private readonly LogCapture _log = new();
    private RedisProcess _redis = null!;
    private Door _door = null!;

    public async ValueTask InitializeAsync()
    {
        _redis = await RedisProcess.StartAsync();
        _door = await Door.OpenAsync(_redis.SocketPath, _log);
    }

    public async ValueTask DisposeAsync()
    {
        await _door.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    [InlineData("DEV.test")]
    [InlineData("anything.else")]
    public async Task The_only_cache_is_found_under_any_name(string? name)
    {
        await using var wire = await _door.ConnectAsync(name);
        Assert.Equal("+OK", await wire.AskAsync("AUTH", Door.Key));
    }

    [Fact]
    public async Task Of_several_caches_the_server_name_chooses_and_without_one_it_is_said()
    {
        await using var second = await RedisProcess.StartAsync();
        _door.Set(_door.Cache("two", second) with { AccessKeys = [Door.Digest("x", "two-key")] });
        await Door.EventuallyAsync(() => Task.FromResult(_door.Gateway.Snapshot().Caches.Length == 2), "the second cache");
        await using var one = await _door.EnterAsync();
        await using var two = await _door.ConnectAsync("two.test");
        Assert.Equal("+OK", await two.AskAsync("AUTH", "two-key"));
        await one.AskAsync("SET", "where", "one");
        await two.AskAsync("SET", "where", "two");
        Assert.Equal("one", await _redis.AskAsync("GET", "where"));
        Assert.Equal("two", await second.AskAsync("GET", "where"));
        await using var lost = await _door.ConnectAsync("localhost");
        var answer = await lost.AskAsync("AUTH", Door.Key);
        Assert.StartsWith("-ERR", answer, StringComparison.Ordinal);
        Assert.Contains("dev.test", answer, StringComparison.Ordinal);
        Assert.Contains("two.test", answer, StringComparison.Ordinal);
        Assert.Equal("(closed)", await lost.ReadAsync());
        Assert.True(_log.Has("Debug 5105: "));
        Assert.Equal("one", await one.AskAsync("GET", "where"));
    }

    [Fact]
    public async Task Old_protocol_versions_are_refused()
    {
#pragma warning disable SYSLIB0039, CA5397 // That they are old is the point.
        await Assert.ThrowsAnyAsync<Exception>(() => _door.ConnectAsync(protocols: SslProtocols.Tls11));
#pragma warning restore SYSLIB0039, CA5397
        await Door.EventuallyAsync(() => Task.FromResult(_log.Has("Debug 5103: ")), "the handshake's failure in the log");
        await using var two = await _door.ConnectAsync(protocols: SslProtocols.Tls12);
        await using var three = await _door.ConnectAsync(protocols: SslProtocols.Tls13);
    }

    [Fact]
    public async Task A_new_certificate_is_shown_to_new_clients_and_keeps_the_old_ones()
    {
        await using var before = await _door.EnterAsync();
        using var certificate = Door.NewCertificate();
        _door.Change("dev", route => route with { Certificate = certificate });
        await Door.EventuallyAsync(
            async () =>
            {
                await using var late = await _door.ConnectAsync();
                return ((SslStream)late.Stream).RemoteCertificate!.GetCertHashString() == certificate.GetCertHashString();
            },
            "the new certificate");
        Assert.Equal("+PONG", await before.AskAsync("PING"));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_told_and_opened_when_it_is_free()
    {
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        var endpoint = new ListenEndpoint(System.Net.IPAddress.Loopback, ((System.Net.IPEndPoint)taken.LocalEndpoint).Port, Tls: true);
        _door.Change("dev", route => route with { Listen = [.. route.Listen, endpoint] });
        await Door.EventuallyAsync(
            () => Task.FromResult(_door.Gateway.Snapshot().Listeners.Any(listener => listener.Endpoint == endpoint && listener.Problem.Length > 0)), "the problem");
        taken.Stop();
        await Door.EventuallyAsync(
            () => Task.FromResult(_door.Gateway.Snapshot().Listeners.Any(listener => listener.Endpoint == endpoint && listener.Problem.Length == 0)), "open");
        _door.Change("dev", route => route with { Listen = [_door.Endpoint] });
        await Door.EventuallyAsync(() => Task.FromResult(_door.Gateway.Snapshot().Listeners.Length == 1), "closed");
        await using var wire = await _door.EnterAsync();
    }

    [Fact]
    public async Task Plain_text_on_the_tls_port_is_no_trouble()
    {
        using (var client = new System.Net.Sockets.TcpClient())
        {
            await client.ConnectAsync(System.Net.IPAddress.Loopback, _door.Port, TestContext.Current.CancellationToken);
            await client.GetStream().WriteAsync("PING\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
            Assert.True(await client.GetStream().ReadAsync(new byte[64], TestContext.Current.CancellationToken) >= 0);
        }

        await using var wire = await _door.EnterAsync();
        Assert.Equal("+PONG", await wire.AskAsync("PING"));
    }
}
