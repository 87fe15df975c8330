using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Larder.EndToEnd.Tests.Harness;
using StackExchange.Redis;
using Xunit;

namespace Larder.EndToEnd.Tests;

/// <summary>Certificates: issued anew and replaced while clients are connected, and a user's own.</summary>
public sealed class CertificateTests
{
    private const string HostName = "cache.example.org";

    [Fact]
    public async Task A_certificate_that_is_issued_anew_is_shown_to_new_clients_and_drops_nobody()
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.DevelopmentSpec());
        await using var client = await larder.ConnectAsync("dev");
        var dropped = 0;
        client.ConnectionFailed += (_, _) => Interlocked.Increment(ref dropped);
        Assert.DoesNotContain(HostName, await ShownAsync(larder, HostName), StringComparison.Ordinal);

        // A name more makes a new certificate due, as its coming end would.
        var renamed = larder.Spec($"name: dev\npreset: development\nengine: redis\nmemory_mb: 64\nendpoint: {{ host_name: {HostName} }}\n", "renamed.yaml");
        (await larder.RunAsync("apply", renamed)).Succeeded();

        Assert.Contains(HostName, await ShownAsync(larder, HostName), StringComparison.Ordinal);
        Assert.True(await client.GetDatabase().StringSetAsync("still", "connected"));
        Assert.Equal(0, dropped);
    }

    [Fact]
    public async Task A_users_own_certificate_serves_and_files_that_spoil_later_stop_no_failover()
    {
        await using var larder = new Installation();
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var authority = Authority(authorityKey);
        var (caFile, certificateFile, keyFile) = (Path.Combine(larder.Home, "own-ca.crt"), Path.Combine(larder.Home, "own.crt"), Path.Combine(larder.Home, "own.key"));
        await File.WriteAllTextAsync(caFile, authority.ExportCertificatePem(), TestContext.Current.CancellationToken);
        await WriteAsync(certificateFile, keyFile, Issue(authority, 1));
        await larder.UpAsync(larder.Spec(
            $"""
            name: dev
            preset: development
            engine: redis
            memory_mb: 64
            endpoint: {"{"} host_name: {HostName} {"}"}
            certificate: {"{"} certificate_file: {certificateFile}, key_file: {keyFile} {"}"}
            """));
        Assert.Equal(System.Text.Json.JsonValueKind.Null, (await larder.ShowAsync("dev")).GetProperty("endpoint").GetProperty("caFile").ValueKind);
        Assert.Contains("serial=01", await ShownAsync(larder, HostName), StringComparison.Ordinal);

        // Half a renewal: the new certificate is there, its key is not. Then the primary dies.
        var renewal = Issue(authority, 2);
        await File.WriteAllTextAsync(certificateFile, renewal.Certificate, TestContext.Current.CancellationToken);
        Kill(Installation.Primary(await larder.ShowAsync("dev")));
        var after = await larder.WaitAsync(
            "dev", "failed over, with the files' problem told", cache => Installation.IsReady(cache)
                && cache.GetProperty("shards")[0].GetProperty("epoch").GetInt64() == 2
                && cache.GetProperty("message").GetString()!.Contains(certificateFile, StringComparison.Ordinal));
        Assert.Contains("serial=01", await ShownAsync(larder, HostName), StringComparison.Ordinal);
        var options = await larder.ClientAsync("dev");
        options.SslHost = HostName;
        options.TrustIssuer(caFile);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(options);
        Assert.True(await redis.GetDatabase().StringSetAsync("key", "value"));

        // The other half. A node that dies makes Larder look at once instead of within a minute.
        await File.WriteAllTextAsync(keyFile, renewal.Key, TestContext.Current.CancellationToken);
        Kill(Installation.Nodes(after).Single(node => node.GetProperty("role").GetString() == "replica"));
        await larder.WaitAsync("dev", "whole again", cache => Installation.IsReady(cache) && cache.GetProperty("message").GetString() == "");
        Assert.Contains("serial=02", await ShownAsync(larder, HostName), StringComparison.Ordinal);
        Assert.Equal("value", await redis.GetDatabase().StringGetAsync("key"));
    }

    /// <summary>The serial number and the names of the certificate that a new connection is shown.</summary>
    private static async Task<string> ShownAsync(Installation larder, string serverName)
    {
        var shown = (await Command.RunAsync("openssl", ["s_client", "-connect", $"localhost:{larder.TlsPort}", "-servername", serverName])).Succeeded();
        return (await Command.RunAsync("openssl", ["x509", "-noout", "-serial", "-ext", "subjectAltName"], input: shown.Output)).Succeeded().Output;
    }

    private static X509Certificate2 Authority(ECDsa key)
    {
        var request = new CertificateRequest("CN=a company's authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-2), now.AddDays(365));
    }

    private static (string Certificate, string Key) Issue(X509Certificate2 authority, byte serial)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={HostName}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(HostName);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.Create(authority, now.AddDays(-1), now.AddDays(90), [serial]);
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    private static async Task WriteAsync(string certificateFile, string keyFile, (string Certificate, string Key) pair)
    {
        await File.WriteAllTextAsync(certificateFile, pair.Certificate, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(keyFile, pair.Key, TestContext.Current.CancellationToken);
        File.SetUnixFileMode(keyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private static void Kill(System.Text.Json.JsonElement node) => Process.GetProcessById(node.GetProperty("pid").GetInt32()).Kill();
}
