using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Larder.Model;
using Larder.Security.Files;
using Larder.Security.Keys;

namespace Larder.Security.Certificates;

/// <summary>
/// The two files of an authority. The key is written first and the certificate is made from it, so each state a crash can leave has one meaning:
/// neither file: create both; key alone: certify it (same key, same name, so what the old certificate vouched for stays valid); certificate alone:
/// the key was lost, which only a person can mend.
/// </summary>
internal sealed class CertificateAuthorityFiles(string home, SecretProtector protector, TimeProvider clock)
{
    internal const string Purpose = "ca/key";
    private const int ValidityYears = 10;
    private static readonly TimeSpan RenewalMargin = TimeSpan.FromDays(365);
    private readonly string _folder = Path.Combine(Path.GetFullPath(home), "ca");

    private string KeyPath => Path.Combine(_folder, "ca.key");

    private string CertificatePath => Path.Combine(_folder, "ca.crt");

    public CertificateAuthority OpenOrCreate()
    {
        OwnerOnlyFile.CreateFolder(_folder);
        var key = OpenOrCreateKey();
        try
        {
            return new CertificateAuthority(OpenOrCreateCertificate(key), key, CertificatePath, clock);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    private ECDsa OpenOrCreateKey()
    {
        if (File.Exists(KeyPath))
        {
            return ReadKey();
        }

        if (File.Exists(CertificatePath))
        {
            throw new SecretFileException(KeyPath,
                $"The installation CA's key '{KeyPath}' is missing while its certificate '{CertificatePath}' is there. Restore the key from a backup; "
                + "or remove the certificate to have a new CA made, which every client must then be given.");
        }

        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        OwnerOnlyFile.Write(KeyPath, protector.Protect(new Secret(key.ExportPkcs8PrivateKeyPem()), Purpose) + "\n");
        return key;
    }

    private ECDsa ReadKey()
    {
        OwnerOnlyFile.RequireOwnerOnly(KeyPath);
        var pem = protector.Unprotect(File.ReadAllText(KeyPath).Trim(), Purpose);
        var key = ECDsa.Create();
        key.ImportFromPem(pem.Reveal());
        return key;
    }

    private X509Certificate2 OpenOrCreateCertificate(ECDsa key)
    {
        if (!File.Exists(CertificatePath))
        {
            return CreateCertificate(key);
        }

        X509Certificate2 certificate;
        try
        {
            certificate = X509Certificate2.CreateFromPem(File.ReadAllText(CertificatePath));
        }
        catch (CryptographicException cause)
        {
            throw new SecretFileException(CertificatePath,
                $"The installation CA's certificate '{CertificatePath}' is damaged. Remove it and restart Larder: it is made anew from its key, "
                + "and the copies that clients have stay valid.", cause);
        }

        if (!BelongsTogether(certificate, key))
        {
            certificate.Dispose();
            throw new SecretFileException(CertificatePath,
                $"The installation CA's certificate '{CertificatePath}' does not belong to its key '{KeyPath}'. Restore both files from one backup.");
        }

        if (clock.GetUtcNow() < certificate.NotAfter - RenewalMargin)
        {
            return certificate;
        }

        certificate.Dispose();
        return CreateCertificate(key);
    }

    private static bool BelongsTogether(X509Certificate2 certificate, ECDsa key)
    {
        using var inCertificate = certificate.GetECDsaPublicKey();
        return inCertificate is not null && inCertificate.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo());
    }

    private X509Certificate2 CreateCertificate(ECDsa key)
    {
        // The name follows from the key: a certificate made anew for the same key replaces the old one for every verifier.
        var shortId = Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()).AsSpan(0, 4));
        var request = new CertificateRequest($"CN=Larder installation CA {shortId}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));

        var now = clock.GetUtcNow();
        using var certificate = request.Create(request.SubjectName, X509SignatureGenerator.CreateForECDsa(key),
            now - CertificateAuthority.ClockSkew, now.AddYears(ValidityYears), CertificateAuthority.NewSerial());
        OwnerOnlyFile.Write(CertificatePath, certificate.ExportCertificatePem() + "\n", OwnerOnlyFile.PublicMode);
        return X509CertificateLoader.LoadCertificate(certificate.RawDataMemory.Span);
    }
}
