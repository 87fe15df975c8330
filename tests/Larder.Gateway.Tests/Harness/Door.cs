using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Larder.Model;
using Larder.Model.Routing;
using Larder.Model.Specs;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Larder.Gateway.Tests.Harness;

/// <summary>A gateway with caches whose routes a test writes by hand.</summary>
internal sealed class Door : IAsyncDisposable
{
    public const string Key = "primary-key";
    public const string OtherKey = "secondary-key";

    private static readonly X509Certificate2 Shared = NewCertificate();
    private readonly Dictionary<string, CacheRoute> _caches = [];
    private readonly RoutePublisher _routes = new();

    private Door(GatewayOptions options, TimeProvider clock, ILoggerFactory? loggers = null)
    {
        Clock = clock;
        Gateway = new GatewayServer(_routes, options, clock, loggers ?? NullLoggerFactory.Instance);
        Port = FreePort();
    }

    public GatewayServer Gateway { get; }

    public TimeProvider Clock { get; }

    public int Port { get; }

    public ListenEndpoint Endpoint => new(IPAddress.Loopback, Port, Tls: true);

    /// <summary>A gateway that serves one cache from one engine.</summary>
    public static async Task<Door> OpenAsync(
        RedisProcess redis, GatewayOptions? options = null, TimeProvider? clock = null, FailoverSpec? failover = null, DurabilityMode durability = DurabilityMode.Async,
        Func<CacheRoute, CacheRoute>? change = null)
    {
        var door = new Door(options ?? new GatewayOptions(), clock ?? TimeProvider.System);
        var route = door.Cache("dev", redis) with { Failover = failover ?? new FailoverSpec(), Durability = durability };
        door.Set(change?.Invoke(route) ?? route);
        await door.Gateway.StartAsync(TestContext.Current.CancellationToken);
        return door;
    }

    /// <summary>A gateway that serves one cache from whatever listens at a socket.</summary>
    public static async Task<Door> OpenAsync(string socketPath, ILoggerFactory loggers, GatewayOptions? options = null)
    {
        var door = new Door(options ?? new GatewayOptions(), TimeProvider.System, loggers);
        door.Set(door.Cache("dev", null) with { Primary = door.Primary(socketPath, 1) });
        await door.Gateway.StartAsync(TestContext.Current.CancellationToken);
        return door;
    }

    public CacheRoute Cache(string name, RedisProcess? redis, long epoch = 1) => new()
    {
        Cache = name,
        HostNames = [$"{name}.test"],
        Listen = [Endpoint],
        Certificate = Shared,
        AccessKeys = [Digest("primary-1", Key), Digest("secondary-1", OtherKey)],
        MaxClients = 100,
        Primary = redis is null ? null : Primary(redis, epoch),
    };

    public PrimaryRoute Primary(RedisProcess redis, long epoch) => Primary(redis.SocketPath, epoch);

    public PrimaryRoute Primary(string socketPath, long epoch) =>
        new(0, epoch, socketPath, "gateway", new Secret("inside"), new ViewDeadline(Clock.GetTimestamp() + (3600 * Clock.TimestampFrequency)));

    public void Set(CacheRoute route)
    {
        _caches[route.Cache] = route;
        _routes.Publish(new RouteTable([.. _caches.Values]));
    }

    public void Remove(string cache)
    {
        _caches.Remove(cache);
        _routes.Publish(new RouteTable([.. _caches.Values]));
    }

    public CacheRoute Route(string cache) => _caches[cache];

    public void Change(string cache, Func<CacheRoute, CacheRoute> change) => Set(change(_caches[cache]));

    public static AccessKeyDigest Digest(string id, string key) => new(id, [.. SHA256.HashData(Encoding.UTF8.GetBytes(key))]);

    public async Task<Wire> ConnectAsync(string? serverName = "dev.test", SslProtocols protocols = SslProtocols.None, IPAddress? from = null, int? port = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (from is not null)
        {
            socket.Bind(new IPEndPoint(from, 0));
        }

        await socket.ConnectAsync(IPAddress.Loopback, port ?? Port);
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = serverName ?? "",
            EnabledSslProtocols = protocols,
#pragma warning disable CA5359 // What certificate is shown is another test's matter.
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
#pragma warning restore CA5359
        });
        return new Wire(tls, $"{socket.LocalEndPoint}");
    }

    public async Task<Wire> EnterAsync(string key = Key, string serverName = "dev.test")
    {
        var wire = await ConnectAsync(serverName);
        Assert.Equal("+OK", await wire.AskAsync("AUTH", key));
        return wire;
    }

    /// <summary>A client that has come in with HELLO.</summary>
    /// <param name="protocol">2 or 3.</param>
    /// <param name="port">The port, or <c>null</c> for the cache's own.</param>
    public async Task<Wire> EnterAsync(int protocol, int? port = null)
    {
        var wire = await ConnectAsync(port: port);
        Assert.Contains(
            protocol.ToString(System.Globalization.CultureInfo.InvariantCulture), await wire.AskAsync("HELLO", $"{protocol}", "AUTH", "default", Key), StringComparison.Ordinal);
        return wire;
    }

    /// <summary>Waits for something that the gateway does by itself; fails after a while.</summary>
    public static async Task EventuallyAsync(Func<Task<bool>> condition, string what)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(15), $"Not in time: {what}");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    public static X509Certificate2 NewCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=gateway test", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }

    public ValueTask DisposeAsync() => Gateway.DisposeAsync();

    /// <summary>Ports that nobody has, each another one.</summary>
    public static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        var ports = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port).ToArray();
        listeners.ForEach(listener => listener.Dispose());
        return ports;
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
