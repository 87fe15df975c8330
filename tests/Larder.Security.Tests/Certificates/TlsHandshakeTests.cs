using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Larder.Security.Certificates;

namespace Larder.Security.Tests.Certificates;

/// <summary>Real TLS handshakes over loopback with what the store hands out, checked by a client that trusts the installation CA alone.</summary>
public sealed class TlsHandshakeTests : IDisposable
{
    private readonly Installation _installation = new();

    public void Dispose() => _installation.Dispose();

    [Theory]
    [InlineData(SslProtocols.Tls12, "orders.larder.internal")]
    [InlineData(SslProtocols.Tls13, "orders.larder.internal")]
    [InlineData(SslProtocols.Tls13, "localhost")]
    [InlineData(SslProtocols.Tls12, "127.0.0.1")]
    [InlineData(SslProtocols.Tls13, "::1")]
    public async Task Handshake_NameInCertificate_Succeeds(SslProtocols protocol, string host)
    {
        var authority = _installation.OpenAuthority();
        var issued = _installation.OpenStore(authority).GetOrIssue("orders", new ServerCertificateRequest(Installation.Names));

        Assert.Equal(protocol, await HandshakeAsync(issued.Certificate.Certificate, authority.Certificate, protocol, host));
    }

    [Fact]
    public async Task Handshake_CertificateReadBackFromDisk_Succeeds()
    {
        var authority = _installation.OpenAuthority();
        _installation.OpenStore(authority).GetOrIssue("orders", new ServerCertificateRequest(Installation.Names));
        var again = _installation.OpenStore(authority).GetOrIssue("orders", new ServerCertificateRequest(Installation.Names));

        Assert.Equal(RenewalReason.None, again.Issued);
        Assert.Equal(SslProtocols.Tls13,
            await HandshakeAsync(again.Certificate.Certificate, authority.Certificate, SslProtocols.Tls13, "localhost"));
    }

    [Fact]
    public async Task Handshake_NameNotInCertificate_IsRefusedByTheClient()
    {
        var authority = _installation.OpenAuthority();
        using var certificate = authority.Issue(new ServerCertificateRequest(Installation.Names));

        await Assert.ThrowsAsync<AuthenticationException>(() =>
            HandshakeAsync(certificate, authority.Certificate, SslProtocols.Tls13, "elsewhere.example"));
    }

    [Fact]
    public async Task Handshake_ClientThatTrustsAnotherInstallation_RefusesTheServer()
    {
        using var other = new Installation();
        using var certificate = _installation.OpenAuthority().Issue(new ServerCertificateRequest(Installation.Names));

        await Assert.ThrowsAsync<AuthenticationException>(() =>
            HandshakeAsync(certificate, other.OpenAuthority().Certificate, SslProtocols.Tls13, "localhost"));
    }

    private static async Task<SslProtocols> HandshakeAsync(
        X509Certificate2 certificate, X509Certificate2 root, SslProtocols protocol, string host)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint, cancellation);
        using var accepted = await listener.AcceptTcpClientAsync(cancellation);
        await using var serverSide = new SslStream(accepted.GetStream());
        await using var clientSide = new SslStream(client.GetStream());

        var serving = serverSide.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true),
            EnabledSslProtocols = protocol,
        }, cancellation);
        try
        {
            await clientSide.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = host,
                EnabledSslProtocols = protocol,
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { root },
                    RevocationMode = X509RevocationMode.NoCheck,
                },
            }, cancellation);
        }
        catch (AuthenticationException)
        {
            // The server's half ends by the client's refusal; its outcome is not what is asked about.
            client.Close();
            await Record.ExceptionAsync(() => serving);
            throw;
        }

        await serving;
        await serverSide.WriteAsync("pong"u8.ToArray(), cancellation);
        var received = new byte[4];
        await clientSide.ReadExactlyAsync(received, cancellation);
        Assert.Equal("pong"u8.ToArray(), received);
        return clientSide.SslProtocol;
    }
}
