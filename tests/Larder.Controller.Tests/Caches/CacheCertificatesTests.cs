using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Larder.Controller.Caches;
using Larder.Model.Installation;
using Larder.Model.Specs;
using Larder.Security.Certificates;
using Larder.Security.Keys;
using Larder.Testing;

namespace Larder.Controller.Tests.Caches;

/// <summary>The certificate that serves, while the files of a user's own one come and go.</summary>
public sealed class CacheCertificatesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ldr").FullName;
    private readonly ServerCertificateStore _store;
    private readonly CacheCertificates _certificates;

    public CacheCertificatesTests()
    {
        var home = Path.Combine(_folder, "home");
        var authority = CertificateAuthority.OpenOrCreate(home, new SecretProtector(InstallationKey.OpenOrCreate(home)), TimeProvider.System);
        _store = new ServerCertificateStore(home, authority, TimeProvider.System);
        var host = new HostIdentity { Name = "here" };
        _certificates = new CacheCertificates(_store, host, ServerNames.Create(["localhost"], []), new RecordingJournal());
    }

    public void Dispose()
    {
        _store.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_certificate_that_never_could_be_used_is_an_error()
    {
        WriteFiles("garbage", "garbage");
        var problem = Assert.Throws<InvalidOperationException>(() => _certificates.Find(Spec));
        Assert.Contains(CertificateFile, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_cannot_be_used_leave_the_one_before_in_service_until_they_can()
    {
        WriteNew("CN=first");
        var first = _certificates.Find(Spec);
        Assert.Equal("", first.Problem);

        // As a renewal in two steps leaves them: the new certificate is there, the new key is not.
        var (certificate, key) = NewPair("CN=second");
        WriteFiles(certificate, null);
        var between = _certificates.Find(Spec);
        Assert.Same(first.Served, between.Served);
        Assert.Contains(CertificateFile, between.Problem, StringComparison.Ordinal);
        Assert.Contains("goes on serving", between.Problem, StringComparison.Ordinal);

        WriteFiles(null, key);
        var second = _certificates.Find(Spec);
        Assert.Equal("", second.Problem);
        Assert.Equal("CN=second", second.Served.Certificate.Subject);
    }

    [Fact]
    public void A_renewal_that_cannot_be_kept_leaves_the_one_before_in_service()
    {
        var issued = _certificates.Find(Spec with { Certificate = null });
        var blocked = Path.Combine(_folder, "home", "certificates", "dev");
        Directory.Delete(blocked, recursive: true);
        File.WriteAllText(blocked, "a file where the folder should be");

        // Another name makes a new certificate due.
        var renewed = _certificates.Find(Spec with { Certificate = null, Endpoint = Spec.Endpoint with { HostName = "other.example.org" } });

        Assert.Same(issued.Served, renewed.Served);
        Assert.Contains("goes on serving", renewed.Problem, StringComparison.Ordinal);
    }

    private string CertificateFile => Path.Combine(_folder, "own.crt");

    private string KeyFile => Path.Combine(_folder, "own.key");

    private CacheSpec Spec => new()
    {
        Name = "dev",
        Redis = new RedisSpec { Capacity = 1, ReplicasPerPrimary = 1 },
        Certificate = new CertificateSpec(CertificateFile, KeyFile),
    };

    private void WriteNew(string subject)
    {
        var (certificate, key) = NewPair(subject);
        WriteFiles(certificate, key);
    }

    private void WriteFiles(string? certificate, string? key)
    {
        foreach (var (path, text) in new[] { (CertificateFile, certificate), (KeyFile, key) })
        {
            if (text is not null)
            {
                File.WriteAllText(path, text);
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }
        }
    }

    private static (string Certificate, string Key) NewPair(string subject)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(90));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
