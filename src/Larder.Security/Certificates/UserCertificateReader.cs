using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Larder.Model.Specs;
using Larder.Security.Files;

namespace Larder.Security.Certificates;

/// <summary>One reading of a user-supplied certificate: goes through every check it can, and collects what is wrong.</summary>
internal sealed class UserCertificateReader(CertificateSpec spec, ServerNames wanted, DateTimeOffset now)
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string AnyUsage = "2.5.29.37.0";
    private static readonly TimeSpan WarningMargin = TimeSpan.FromDays(30);
    private readonly ImmutableArray<CertificateProblem>.Builder _problems = ImmutableArray.CreateBuilder<CertificateProblem>();

    public UserCertificate Read()
    {
        var links = ReadCertificates();
        var keyText = ReadKeyText();
        if (links.Count > 0)
        {
            CheckValidity(links[0]);
            CheckUsage(links[0]);
            CheckNames(links[0]);
        }

        var leaf = links.Count > 0 && keyText is not null ? WithKey(links[0], keyText) : null;
        if (leaf is null || _problems.Any(problem => !problem.IsWarning))
        {
            leaf?.Dispose();
            foreach (var link in links)
            {
                link.Dispose();
            }

            return new UserCertificate { Certificate = null, Problems = _problems.ToImmutable() };
        }

        links[0].Dispose();
        return new UserCertificate { Certificate = new ServerCertificate(leaf, [.. links.Skip(1)]), Problems = _problems.ToImmutable() };
    }

    private X509Certificate2Collection ReadCertificates()
    {
        var links = new X509Certificate2Collection();
        if (ReadText(spec.CertificateFile, "certificate file") is not { } text)
        {
            return links;
        }

        try
        {
            links.ImportFromPem(text);
        }
        catch (CryptographicException)
        {
            // A damaged block leaves the ones before it in the collection; none of them is trusted to be the leaf.
            links.Clear();
        }

        if (links.Count == 0)
        {
            Error(CertificateProblemKind.NotACertificate,
                $"The certificate file '{spec.CertificateFile}' holds no readable PEM certificate (-----BEGIN CERTIFICATE-----). "
                + "Give the server certificate first and its intermediate certificates after it.");
        }

        return links;
    }

    private string? ReadKeyText()
    {
        var text = ReadText(spec.KeyFile, "key file");
        if (text is null)
        {
            return null;
        }

        var mode = File.GetUnixFileMode(spec.KeyFile);
        if (OwnerOnlyFile.IsOpenToOthers(mode))
        {
            Error(CertificateProblemKind.KeyExposed,
                $"The key file '{spec.KeyFile}' has mode {OwnerOnlyFile.Octal(mode)} and is open to other users of this machine. "
                + $"Run: chmod 600 '{spec.KeyFile}'");
        }

        if (text.Contains("ENCRYPTED", StringComparison.Ordinal))
        {
            Error(CertificateProblemKind.KeyEncrypted,
                $"The private key in '{spec.KeyFile}' is encrypted. Larder starts unattended, so give it decrypted in a file of mode 600 "
                + "(openssl pkey -in KEY -out NEWKEY).");
            return null;
        }

        return text;
    }

    private string? ReadText(string path, string what)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception cause) when (cause is FileNotFoundException or DirectoryNotFoundException)
        {
            Error(CertificateProblemKind.FileMissing, $"The {what} '{path}' does not exist. Give the path of a PEM file on this host.");
        }
        catch (Exception cause) when (cause is UnauthorizedAccessException or IOException)
        {
            Error(CertificateProblemKind.FileUnreadable,
                $"The {what} '{path}' cannot be read by user '{Environment.UserName}': {cause.Message}");
        }

        return null;
    }

    private X509Certificate2? WithKey(X509Certificate2 leaf, string keyText)
    {
        try
        {
            switch (leaf.GetKeyAlgorithm())
            {
                case "1.2.840.113549.1.1.1":
                    using (var rsa = RSA.Create())
                    {
                        rsa.ImportFromPem(keyText);
                        return Join(leaf, rsa.ExportSubjectPublicKeyInfo(), () => leaf.CopyWithPrivateKey(rsa));
                    }

                case "1.2.840.10045.2.1":
                    using (var ecdsa = ECDsa.Create())
                    {
                        ecdsa.ImportFromPem(keyText);
                        return Join(leaf, ecdsa.ExportSubjectPublicKeyInfo(), () => leaf.CopyWithPrivateKey(ecdsa));
                    }

                case var other:
                    Error(CertificateProblemKind.NotACertificate,
                        $"The certificate in '{spec.CertificateFile}' has a key of algorithm {other}. Larder serves RSA and ECDSA certificates.");
                    return null;
            }
        }
        catch (Exception cause) when (cause is ArgumentException or CryptographicException)
        {
            Error(CertificateProblemKind.NotAKey,
                $"The key file '{spec.KeyFile}' holds no readable PEM private key of the certificate's kind ({leaf.PublicKey.Oid.FriendlyName}).");
            return null;
        }
    }

    private X509Certificate2? Join(X509Certificate2 leaf, byte[] publicKey, Func<X509Certificate2> join)
    {
        if (leaf.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(publicKey))
        {
            return join();
        }

        Error(CertificateProblemKind.KeyMismatch,
            $"The private key in '{spec.KeyFile}' does not belong to the first certificate in '{spec.CertificateFile}' ({leaf.Subject}). "
            + "The server certificate must come first in its file.");
        return null;
    }

    private void CheckValidity(X509Certificate2 leaf)
    {
        DateTimeOffset start = leaf.NotBefore;
        DateTimeOffset end = leaf.NotAfter;
        if (now > end)
        {
            Error(CertificateProblemKind.Expired, $"The certificate in '{spec.CertificateFile}' ended at {end:u}. Renew it.");
        }
        else if (now < start)
        {
            Error(CertificateProblemKind.NotYetValid,
                $"The certificate in '{spec.CertificateFile}' is valid from {start:u} on, and this machine's clock says {now:u}.");
        }
        else if (end - now < WarningMargin)
        {
            Warn(CertificateProblemKind.EndsSoon,
                $"The certificate in '{spec.CertificateFile}' ends at {end:u}, in {((int)(end - now).TotalDays).ToString(CultureInfo.InvariantCulture)} days. "
                + "Replace its files; Larder takes the new ones up without a restart.");
        }
    }

    private void CheckUsage(X509Certificate2 leaf)
    {
        // Without the extension a certificate may be used for anything (RFC 5280, 4.2.1.12).
        var usage = leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault();
        if (usage is not null && !usage.EnhancedKeyUsages.Cast<Oid>().Any(oid => oid.Value is ServerAuthentication or AnyUsage))
        {
            Error(CertificateProblemKind.NotForServers,
                $"The certificate in '{spec.CertificateFile}' is not issued for TLS servers: its extended key usage lacks serverAuth.");
        }
    }

    private void CheckNames(X509Certificate2 leaf)
    {
        foreach (var name in wanted.DnsNames.Concat(wanted.Addresses.Select(address => address.ToString())))
        {
            if (!leaf.MatchesHostname(name, allowWildcards: true, allowCommonName: false))
            {
                Warn(CertificateProblemKind.NameNotCovered,
                    $"The certificate in '{spec.CertificateFile}' does not cover '{name}': clients that connect by it will refuse the certificate.");
            }
        }
    }

    private void Error(CertificateProblemKind kind, string message) => _problems.Add(new CertificateProblem(kind, IsWarning: false, message));

    private void Warn(CertificateProblemKind kind, string message) => _problems.Add(new CertificateProblem(kind, IsWarning: true, message));
}
