using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Larder.Compat.Wire;
using Larder.Gateway;
using Larder.Model;
using Larder.Model.Routing;
using Microsoft.Extensions.Logging;

namespace Larder.Compat.Doors;

/// <summary>
/// The gateway before one engine, as the daemon would run it: a TLS endpoint and a key, and nothing of the rest of Larder. What tests it sees no
/// more of it than a client does.
/// </summary>
public sealed class TestDoor : IAsyncDisposable
{
    public const string ServerName = "dev.test";

    private readonly GatewayServer _gateway;

    private TestDoor(GatewayServer gateway, int port) => (_gateway, Port) = (gateway, port);

    /// <summary>Where it listens, on the loopback address.</summary>
    public int Port { get; }

    /// <summary>What it is doing, for tests that look for leaks.</summary>
    public GatewaySnapshot Snapshot() => _gateway.Snapshot();

    /// <summary>Opens it.</summary>
    /// <param name="engine">The engine's unix socket.</param>
    /// <param name="user">The engine's user for the gateway.</param>
    /// <param name="password">Its password.</param>
    /// <param name="key">The access key of the clients.</param>
    /// <param name="port">Where to listen; 0: anywhere.</param>
    /// <param name="certificate">What to show; <c>null</c>: one made for the occasion.</param>
    /// <param name="options">The gateway's settings; <c>null</c>: as in production.</param>
    /// <param name="loggers">Where its log goes.</param>
    public static async Task<TestDoor> OpenAsync(
        string engine, string user, string password, string key, int port, X509Certificate2? certificate, GatewayOptions? options, ILoggerFactory loggers)
    {
        var clock = TimeProvider.System;
        port = port == 0 ? FreePort() : port;
        var routes = new RoutePublisher();
        routes.Publish(new RouteTable(
        [
            new CacheRoute
            {
                Cache = "dev",
                HostNames = [ServerName],
                Listen = [new ListenEndpoint(IPAddress.Loopback, port, Tls: true)],
                Certificate = certificate ?? NewCertificate(),
                AccessKeys = [new AccessKeyDigest("primary-1", [.. SHA256.HashData(Encoding.UTF8.GetBytes(key))])],
                MaxClients = 20_000,
                Primary = new PrimaryRoute(0, 1, engine, user, new Secret(password), new ViewDeadline(long.MaxValue)),
            },
        ]));
        var gateway = new GatewayServer(routes, options ?? new GatewayOptions(), clock, loggers);
        await gateway.StartAsync(CancellationToken.None);
        return gateway.Snapshot().Listeners is [{ Problem: "" }]
            ? new TestDoor(gateway, port)
            : throw new InvalidOperationException($"The gateway could not listen on port {port}.");
    }

    /// <summary>A TLS connection, on which nothing has been said.</summary>
    public async Task<RespConnection> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, Port);
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = ServerName,
#pragma warning disable CA5359 // What certificate is shown is another test's matter.
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
#pragma warning restore CA5359
        });
        return new RespConnection(tls);
    }

    public static X509Certificate2 NewCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=gateway test", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
