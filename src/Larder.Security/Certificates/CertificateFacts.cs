using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Larder.Security.Certificates;

/// <summary>What of a certificate decides whether it still serves.</summary>
public sealed record CertificateFacts
{
    /// <summary>From when it is valid.</summary>
    public required DateTimeOffset NotBefore { get; init; }

    /// <summary>Until when it is valid.</summary>
    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>DNS names it covers, lower case; may be empty.</summary>
    public required ImmutableArray<string> DnsNames { get; init; }

    /// <summary>IP addresses it covers; may be empty.</summary>
    public required ImmutableArray<IPAddress> Addresses { get; init; }

    /// <summary>Which authority key signed it, in lower-case hexadecimal; empty where it does not say.</summary>
    public required string AuthorityKeyId { get; init; }

    /// <summary>Reads them from a certificate.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <returns>Its facts.</returns>
    public static CertificateFacts From(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        var authority = certificate.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().FirstOrDefault();
        return new CertificateFacts
        {
            NotBefore = certificate.NotBefore.ToUniversalTime(),
            NotAfter = certificate.NotAfter.ToUniversalTime(),
            DnsNames = names is null ? [] : [.. names.EnumerateDnsNames().Select(name => name.ToLowerInvariant())],
            Addresses = names is null ? [] : [.. names.EnumerateIPAddresses()],
            AuthorityKeyId = authority?.KeyIdentifier is { } id ? Convert.ToHexStringLower(id.Span) : "",
        };
    }
}
