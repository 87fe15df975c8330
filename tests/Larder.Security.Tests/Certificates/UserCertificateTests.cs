using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Larder.Model.Specs;
using Larder.Security.Certificates;
using Larder.Security.Files;

namespace Larder.Security.Tests.Certificates;

/// <summary>User-supplied certificates: good ones of every kind are taken, and each fault of a bad one is named.</summary>
public sealed class UserCertificateTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DateTimeOffset _now = TimeProvider.System.GetUtcNow();

    private CertificateSpec Spec => new(_folder.At("user.crt"), _folder.At("user.key"));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Load_EcdsaWithChain_GivesLeafKeyAndChain()
    {
        using var root = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var rootCertificate = SelfSigned(new CertificateRequest("CN=root", root, HashAlgorithmName.SHA384), authority: true);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var leaf = Request(new CertificateRequest("CN=leaf", key, HashAlgorithmName.SHA256))
            .Create(rootCertificate, _now.AddDays(-1), _now.AddDays(300), [1, 2, 3]);
        Write(leaf.ExportCertificatePem() + "\n" + rootCertificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());

        var loaded = Load();

        Assert.Empty(loaded.Problems);
        Assert.Equal("CN=leaf", loaded.Certificate!.Certificate.Subject);
        Assert.True(loaded.Certificate.Certificate.HasPrivateKey);
        Assert.Equal("CN=root", Assert.Single(loaded.Certificate.Chain).Subject);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Load_Rsa_InEitherKeyForm_IsTaken(bool pkcs8)
    {
        using var key = RSA.Create(2048);
        using var leaf = SelfSigned(Request(new CertificateRequest("CN=leaf", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)));
        Write(leaf.ExportCertificatePem(), pkcs8 ? key.ExportPkcs8PrivateKeyPem() : key.ExportRSAPrivateKeyPem());

        var loaded = Load();

        Assert.Empty(loaded.Problems);
        Assert.NotNull(loaded.Certificate!.Certificate.GetRSAPrivateKey());
    }

    [Fact]
    public void Load_NoExtendedKeyUsageAtAll_IsTaken()
    {
        WriteLeaf(usage: null);

        Assert.Empty(Load().Problems);
    }

    [Fact]
    public void Load_BothFilesMissing_NamesBoth()
    {
        var loaded = Load();

        Assert.Null(loaded.Certificate);
        Assert.Equal([CertificateProblemKind.FileMissing, CertificateProblemKind.FileMissing], Kinds(loaded));
        Assert.Contains(Spec.CertificateFile, loaded.Problems[0].Message, StringComparison.Ordinal);
        Assert.Contains(Spec.KeyFile, loaded.Problems[1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_FolderInPlaceOfAFile_IsUnreadable()
    {
        WriteLeaf();
        File.Delete(Spec.CertificateFile);
        Directory.CreateDirectory(Spec.CertificateFile);

        Assert.Equal([CertificateProblemKind.FileUnreadable], Kinds(Load()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")]
    public void Load_NoCertificateInTheFile_IsNamed(string content)
    {
        WriteLeaf();
        File.WriteAllText(Spec.CertificateFile, content);

        Assert.Equal([CertificateProblemKind.NotACertificate], Kinds(Load()));
    }

    [Fact]
    public void Load_KeyOpenToOthers_IsRefusedWithTheCommandThatMendsIt()
    {
        WriteLeaf();
        File.SetUnixFileMode(Spec.KeyFile, OwnerOnlyFile.PublicMode);

        var problem = Assert.Single(Load().Problems);

        Assert.Equal(CertificateProblemKind.KeyExposed, problem.Kind);
        Assert.Contains($"chmod 600 '{Spec.KeyFile}'", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_EncryptedKey_IsNamed()
    {
        WriteLeaf();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        OwnerOnlyFile.Write(Spec.KeyFile, key.ExportEncryptedPkcs8PrivateKeyPem("secret",
            new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));

        Assert.Equal([CertificateProblemKind.KeyEncrypted], Kinds(Load()));
    }

    [Fact]
    public void Load_KeyOfAnotherCertificate_IsNamed()
    {
        WriteLeaf();
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        OwnerOnlyFile.Write(Spec.KeyFile, other.ExportPkcs8PrivateKeyPem());

        Assert.Equal([CertificateProblemKind.KeyMismatch], Kinds(Load()));
    }

    [Fact]
    public void Load_KeyOfAnotherKindOrNone_IsNamed()
    {
        WriteLeaf();
        using var other = RSA.Create(2048);
        OwnerOnlyFile.Write(Spec.KeyFile, other.ExportPkcs8PrivateKeyPem());
        Assert.Equal([CertificateProblemKind.NotAKey], Kinds(Load()));

        OwnerOnlyFile.Write(Spec.KeyFile, "nothing here");
        Assert.Equal([CertificateProblemKind.NotAKey], Kinds(Load()));
    }

    [Fact]
    public void Load_ClientCertificate_IsNamed()
    {
        WriteLeaf(usage: "1.3.6.1.5.5.7.3.2");

        Assert.Equal([CertificateProblemKind.NotForServers], Kinds(Load()));
    }

    [Theory]
    [InlineData(-10, -1, CertificateProblemKind.Expired, false)]
    [InlineData(1, 300, CertificateProblemKind.NotYetValid, false)]
    [InlineData(-10, 29, CertificateProblemKind.EndsSoon, true)]
    public void Load_ByItsTime_IsJudged(int fromDay, int toDay, CertificateProblemKind expected, bool usable)
    {
        WriteLeaf(fromDay, toDay);

        var loaded = Load();

        Assert.Equal([expected], Kinds(loaded));
        Assert.Equal(usable, loaded.Certificate is not null);
        Assert.Equal(usable, loaded.Problems[0].IsWarning);
    }

    [Fact]
    public void Load_NameNotCovered_IsAWarningPerName()
    {
        WriteLeaf();

        var loaded = UserCertificate.Load(Spec, ServerNames.Create(["a.orders.example", "a.b.orders.example", "localhost"], []), TimeProvider.System);

        Assert.NotNull(loaded.Certificate);
        Assert.Equal([CertificateProblemKind.NameNotCovered, CertificateProblemKind.NameNotCovered], Kinds(loaded));
        Assert.Contains("'a.b.orders.example'", loaded.Problems[0].Message, StringComparison.Ordinal);
        Assert.Contains("'localhost'", loaded.Problems[1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_SeveralFaults_NamesAllAtOnce()
    {
        WriteLeaf(-10, -1, "1.3.6.1.5.5.7.3.2");
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        OwnerOnlyFile.Write(Spec.KeyFile, other.ExportPkcs8PrivateKeyPem(), OwnerOnlyFile.PublicMode);

        var kinds = Kinds(UserCertificate.Load(Spec, ServerNames.Create(["elsewhere.example"], []), TimeProvider.System));

        Assert.Equal([CertificateProblemKind.KeyExposed, CertificateProblemKind.Expired, CertificateProblemKind.NotForServers,
            CertificateProblemKind.NameNotCovered, CertificateProblemKind.KeyMismatch], kinds);
    }

    private static IEnumerable<CertificateProblemKind> Kinds(UserCertificate loaded) => loaded.Problems.Select(problem => problem.Kind);

    private static CertificateRequest Request(CertificateRequest request, string? usage = "1.3.6.1.5.5.7.3.1")
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("orders.example");
        names.AddDnsName("*.orders.example");
        request.CertificateExtensions.Add(names.Build());
        if (usage is not null)
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        }

        return request;
    }

    private UserCertificate Load() => UserCertificate.Load(Spec, ServerNames.Create(["orders.example"], []), TimeProvider.System);

    private X509Certificate2 SelfSigned(CertificateRequest request, bool authority = false)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(authority, false, 0, critical: true));
        return request.CreateSelfSigned(_now.AddDays(-1), _now.AddDays(400));
    }

    private void WriteLeaf(int fromDay = -1, int toDay = 300, string? usage = "1.3.6.1.5.5.7.3.1")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var leaf = Request(new CertificateRequest("CN=leaf", key, HashAlgorithmName.SHA256), usage)
            .CreateSelfSigned(_now.AddDays(fromDay), _now.AddDays(toDay));
        Write(leaf.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    private void Write(string certificate, string key)
    {
        OwnerOnlyFile.Write(Spec.CertificateFile, certificate, OwnerOnlyFile.PublicMode);
        OwnerOnlyFile.Write(Spec.KeyFile, key);
    }
}
