using System.Net;
using System.Security.Cryptography.X509Certificates;
using Larder.Security.Certificates;
using Larder.Security.Files;
using Larder.Security.Keys;

namespace Larder.Security.Tests.Certificates;

/// <summary>The installation CA: its files in every state a crash or a person can leave them, and what it issues.</summary>
public sealed class CertificateAuthorityTests : IDisposable
{
    private readonly Installation _installation = new();

    private string KeyFile => _installation.Home.At("ca", "ca.key");

    private string CertificateFile => _installation.Home.At("ca", "ca.crt");

    public void Dispose() => _installation.Dispose();

    [Fact]
    public void OpenOrCreate_Twice_GivesTheSameAuthority()
    {
        var first = _installation.OpenAuthority();
        var second = _installation.OpenAuthority();

        Assert.Equal(first.Certificate.RawData, second.Certificate.RawData);
        Assert.Equal(CertificateFile, first.CertificateFile);
        Assert.False(first.Certificate.HasPrivateKey);
        Assert.Equal(OwnerOnlyFile.PrivateMode, File.GetUnixFileMode(KeyFile));
        Assert.Equal(OwnerOnlyFile.PublicMode, File.GetUnixFileMode(CertificateFile));
        Assert.DoesNotContain("PRIVATE KEY", File.ReadAllText(KeyFile), StringComparison.Ordinal);
        Assert.StartsWith("v1:", File.ReadAllText(KeyFile), StringComparison.Ordinal);
    }

    [Fact]
    public void OpenOrCreate_KeyWithoutCertificate_CertifiesTheSameKeyAgain()
    {
        var before = _installation.OpenAuthority();
        var issued = _installation.Own(before.Issue(new ServerCertificateRequest(Installation.Names)));
        File.Delete(CertificateFile);
        _installation.Clock.Advance(TimeSpan.FromMinutes(1));

        var after = _installation.OpenAuthority();

        Assert.NotEqual(before.Certificate.RawData, after.Certificate.RawData);
        Assert.Equal(before.KeyId, after.KeyId);
        Assert.Equal(before.Certificate.Subject, after.Certificate.Subject);
        AssertChains(issued, after.Certificate);
    }

    [Fact]
    public void OpenOrCreate_CrashWhileWritingTheCertificate_RecoversFromTheHalfFile()
    {
        var before = _installation.OpenAuthority();
        File.Move(CertificateFile, OwnerOnlyFile.TemporaryPath(CertificateFile));
        File.WriteAllText(OwnerOnlyFile.TemporaryPath(CertificateFile), "-----BEGIN CERTIF");

        Assert.Equal(before.KeyId, _installation.OpenAuthority().KeyId);
        Assert.Equal(2, Directory.GetFiles(_installation.Home.At("ca")).Length);
    }

    [Fact]
    public void OpenOrCreate_CrashWhileWritingTheKey_StartsAfresh()
    {
        Directory.CreateDirectory(_installation.Home.At("ca"));
        File.WriteAllText(OwnerOnlyFile.TemporaryPath(KeyFile), "v1:half");

        _installation.OpenAuthority();

        Assert.Equal([CertificateFile, KeyFile], Directory.GetFiles(_installation.Home.At("ca")).Order());
    }

    [Fact]
    public void OpenOrCreate_CertificateWithoutKey_IsRefusedAndChangesNothing()
    {
        _installation.OpenAuthority();
        File.Delete(KeyFile);

        var exception = Assert.Throws<SecretFileException>(_installation.OpenAuthority);

        Assert.Equal(KeyFile, exception.Path);
        Assert.Contains("Restore", exception.Message, StringComparison.Ordinal);
        Assert.Equal([CertificateFile], Directory.GetFiles(_installation.Home.At("ca")));
    }

    [Fact]
    public void OpenOrCreate_CertificateOfAnotherAuthority_IsRefused()
    {
        using var other = new Installation();
        other.OpenAuthority();
        _installation.OpenAuthority();
        File.Copy(other.Home.At("ca", "ca.crt"), CertificateFile, overwrite: true);

        var exception = Assert.Throws<SecretFileException>(_installation.OpenAuthority);

        Assert.Contains("does not belong", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OpenOrCreate_DamagedCertificate_IsRefused()
    {
        _installation.OpenAuthority();
        File.WriteAllText(CertificateFile, "no certificate");

        Assert.Contains("damaged", Assert.Throws<SecretFileException>(_installation.OpenAuthority).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OpenOrCreate_KeyOfAnotherInstallation_IsRefused()
    {
        using var other = new Installation();
        other.OpenAuthority();
        _installation.OpenAuthority();
        File.Copy(other.Home.At("ca", "ca.key"), KeyFile, overwrite: true);

        Assert.Equal(SecretProtectionFailure.WrongKey, Assert.Throws<SecretProtectionException>(_installation.OpenAuthority).Kind);
    }

    [Fact]
    public void OpenOrCreate_KeyReadableByOthers_IsRefused()
    {
        _installation.OpenAuthority();
        File.SetUnixFileMode(KeyFile, OwnerOnlyFile.PublicMode);

        Assert.Contains("chmod 600", Assert.Throws<SecretFileException>(_installation.OpenAuthority).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OpenOrCreate_InTheLastYear_RenewsUnderTheSameKey()
    {
        var before = _installation.OpenAuthority();
        _installation.Clock.Advance(TimeSpan.FromDays((365 * 9) + 10));

        var after = _installation.OpenAuthority();

        Assert.Equal(before.KeyId, after.KeyId);
        Assert.True(after.Certificate.NotAfter > before.Certificate.NotAfter.AddYears(8));
    }

    [Fact]
    public void Issue_WithinTheHour_NeverOutlivesOrPrecedesTheAuthority()
    {
        var authority = _installation.OpenAuthority();
        using var certificate = authority.Issue(new ServerCertificateRequest(Installation.Names) { Validity = TimeSpan.FromDays(365 * 20) });

        Assert.Equal(authority.Certificate.NotAfter, certificate.NotAfter);
        Assert.Equal(authority.Certificate.NotBefore, certificate.NotBefore);
    }

    [Fact]
    public void Issue_OutsideTheAuthoritysTime_SaysTheClockIsWrong()
    {
        var authority = _installation.OpenAuthority();
        _installation.Clock.Advance(TimeSpan.FromDays(365 * 11));

        var exception = Assert.Throws<InvalidOperationException>(() => authority.Issue(new ServerCertificateRequest(Installation.Names)));

        Assert.Contains("clock", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Issue_Certificate_CarriesWhatWasAsked()
    {
        var authority = _installation.OpenAuthority();
        _installation.Clock.Advance(TimeSpan.FromDays(1));
        using var first = authority.Issue(new ServerCertificateRequest(Installation.Names));
        using var second = authority.Issue(new ServerCertificateRequest(Installation.Names));

        var facts = CertificateFacts.From(first);
        Assert.True(first.HasPrivateKey);
        Assert.Equal(["orders.larder.internal", "localhost"], facts.DnsNames);
        Assert.Equal([IPAddress.Loopback, IPAddress.IPv6Loopback], facts.Addresses);
        Assert.Equal(authority.KeyId, facts.AuthorityKeyId);
        var now = _installation.Clock.GetUtcNow();
        Assert.Equal(3600, (now - facts.NotBefore).TotalSeconds, 1.0);
        Assert.Equal(90 * 86_400, (facts.NotAfter - now).TotalSeconds, 1.0);
        Assert.NotEqual(first.SerialNumber, second.SerialNumber);
        Assert.Equal(32, first.SerialNumber.Length);
        Assert.NotEqual(first.GetPublicKeyString(), second.GetPublicKeyString());
    }

    [Fact]
    public async Task Issue_Certificate_SatisfiesOpenSsl()
    {
        var authority = _installation.OpenAuthority();
        using var certificate = authority.Issue(new ServerCertificateRequest(Installation.Names));
        var file = _installation.Home.At("server.crt");
        await File.WriteAllTextAsync(file, certificate.ExportCertificatePem(), TestContext.Current.CancellationToken);

        foreach (var judge in new[] { new[] { "-verify_hostname", "orders.larder.internal" }, ["-verify_hostname", "localhost"], ["-verify_ip", "::1"] })
        {
            string[] arguments = ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", CertificateFile, .. judge, file];
            Assert.Contains(": OK", await OpenSsl.RunAsync(arguments), StringComparison.Ordinal);
        }

        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            OpenSsl.RunAsync("verify", "-CAfile", CertificateFile, "-verify_hostname", "elsewhere.example", file));
        var text = await OpenSsl.RunAsync("x509", "-in", file, "-noout", "-text");
        Assert.Contains("DNS:orders.larder.internal, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1", text, StringComparison.Ordinal);
        Assert.Contains("TLS Web Server Authentication", text, StringComparison.Ordinal);
        Assert.Contains("CA:FALSE", text, StringComparison.Ordinal);
        Assert.Contains("prime256v1", text, StringComparison.Ordinal);
        var authorityText = await OpenSsl.RunAsync("x509", "-in", CertificateFile, "-noout", "-text");
        Assert.Contains("CA:TRUE, pathlen:0", authorityText, StringComparison.Ordinal);
        Assert.Contains("Certificate Sign, CRL Sign", authorityText, StringComparison.Ordinal);
        Assert.Matches("CN = Larder installation CA [0-9a-f]{8}", authorityText);
    }

    private static void AssertChains(X509Certificate2 certificate, X509Certificate2 root)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        Assert.True(chain.Build(certificate), string.Join(", ", chain.ChainStatus.Select(status => status.StatusInformation)));
    }
}
