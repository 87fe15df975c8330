using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Larder.Security.Files;
using Larder.Security.Keys;

namespace Larder.Security.Certificates;

/// <summary>
/// The installation's own certificate authority. Clients that trust its certificate (<c>ca/ca.crt</c>, PEM, no secret) trust every cache of the
/// installation. Its key (<c>ca/ca.key</c>) is encrypted under the installation key. Thread-safe; owns its certificate and key.
/// </summary>
public sealed class CertificateAuthority : IDisposable
{
    /// <summary>How much earlier than now a certificate starts, for clients whose clocks are behind.</summary>
    internal static readonly TimeSpan ClockSkew = TimeSpan.FromHours(1);

    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const int SerialBytes = 16;
    private readonly ECDsa _key;
    private readonly TimeProvider _clock;
    private readonly X509SignatureGenerator _signer;
    private readonly Lock _signing = new();

    internal CertificateAuthority(X509Certificate2 certificate, ECDsa key, string certificateFile, TimeProvider clock)
    {
        Certificate = certificate;
        CertificateFile = certificateFile;
        KeyId = Convert.ToHexStringLower(certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Single().SubjectKeyIdentifierBytes.Span);
        _key = key;
        _clock = clock;
        _signer = X509SignatureGenerator.CreateForECDsa(key);
    }

    /// <summary>Its certificate, without the private key. Disposed with the authority.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>The PEM file that clients are given, an absolute path.</summary>
    public string CertificateFile { get; }

    /// <summary>Its subject key identifier in lower-case hexadecimal; stays when the certificate is renewed under the same key.</summary>
    public string KeyId { get; }

    /// <summary>
    /// Opens the installation's authority, or creates one (ECDSA P-256, 10 years). In its last year its certificate is renewed under the same key, so
    /// that server certificates and clients with the old certificate go on until that one's end.
    /// </summary>
    /// <param name="home">The installation's home folder.</param>
    /// <param name="protector">Encrypts the key at rest.</param>
    /// <param name="clock">The time certificates are issued at.</param>
    /// <returns>The authority; the caller disposes it.</returns>
    /// <exception cref="SecretFileException">A file is damaged, belongs to another authority, or is missing while the other is there.</exception>
    /// <exception cref="SecretProtectionException">The key was encrypted under another installation key, or was changed.</exception>
    /// <exception cref="IOException">A file could not be read or written.</exception>
    public static CertificateAuthority OpenOrCreate(string home, SecretProtector protector, TimeProvider clock) =>
        new CertificateAuthorityFiles(home, protector, clock).OpenOrCreate();

    /// <summary>Issues a server certificate with a fresh key: ECDSA P-256, a random 127-bit serial number, valid from an hour ago.</summary>
    /// <param name="request">What it is for.</param>
    /// <returns>The certificate with its private key, usable by a TLS server; the caller owns it.</returns>
    /// <exception cref="ArgumentException">The validity is not positive.</exception>
    /// <exception cref="InvalidOperationException">By the clock, the authority is not valid now.</exception>
    public X509Certificate2 Issue(ServerCertificateRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(request.Validity, TimeSpan.Zero, nameof(request));
        var now = _clock.GetUtcNow();
        DateTimeOffset start = Certificate.NotBefore;
        DateTimeOffset end = Certificate.NotAfter;
        if (now < start || now >= end)
        {
            throw new InvalidOperationException(
                $"The installation CA is valid from {start:u} to {end:u}, but this machine's clock says {now:u}. Set the clock right and restart Larder.");
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var certificateRequest = new CertificateRequest(SubjectOf(request.Names), key, HashAlgorithmName.SHA256);
        AddExtensions(certificateRequest, request.Names);
        lock (_signing)
        {
            using var bare = certificateRequest.Create(Certificate.SubjectName, _signer, Latest(now - ClockSkew, start),
                Earliest(now + request.Validity, end), NewSerial());
            return bare.CopyWithPrivateKey(key);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Certificate.Dispose();
        _key.Dispose();
    }

    internal static byte[] NewSerial()
    {
        var serial = RandomNumberGenerator.GetBytes(SerialBytes);
        // Positive, and never shortened by a leading zero byte (RFC 5280, 4.1.2.2).
        serial[0] = (byte)((serial[0] & 0x7f) | 0x40);
        return serial;
    }

    private static X500DistinguishedName SubjectOf(ServerNames names)
    {
        var builder = new X500DistinguishedNameBuilder();
        // A common name holds 64 characters at most; clients look at the alternative names only.
        var name = names.DnsNames.FirstOrDefault(candidate => candidate.Length <= 64) ?? "Larder cache";
        builder.AddCommonName(name);
        return builder.Build();
    }

    private void AddExtensions(CertificateRequest request, ServerNames names)
    {
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names.DnsNames)
        {
            alternatives.AddDnsName(name);
        }

        foreach (var address in names.Addresses)
        {
            alternatives.AddIpAddress(address);
        }

        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerAuthentication)], critical: false));
        request.CertificateExtensions.Add(alternatives.Build());
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(
            Certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
    }

    private static DateTimeOffset Latest(DateTimeOffset left, DateTimeOffset right) => left > right ? left : right;

    private static DateTimeOffset Earliest(DateTimeOffset left, DateTimeOffset right) => left < right ? left : right;
}
