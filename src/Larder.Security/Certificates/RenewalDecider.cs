namespace Larder.Security.Certificates;

/// <summary>Decides when a server certificate of the installation is issued anew. Pure.</summary>
public static class RenewalDecider
{
    /// <summary>Whether to renew, and why.</summary>
    /// <param name="current">The present certificate.</param>
    /// <param name="wanted">
    /// What it should cover. Names beyond these are no reason to renew: a full host name that the name service gives today and not tomorrow would
    /// otherwise replace the certificate each time.
    /// </param>
    /// <param name="authorityKeyId">The present authority's <see cref="CertificateAuthority.KeyId"/>.</param>
    /// <param name="now">The time.</param>
    /// <returns>The weightiest reason, or <see cref="RenewalReason.None"/>.</returns>
    public static RenewalReason Decide(CertificateFacts current, ServerNames wanted, string authorityKeyId, DateTimeOffset now)
    {
        if (current.AuthorityKeyId != authorityKeyId)
        {
            return RenewalReason.AuthorityChanged;
        }

        if (now >= RenewAt(current))
        {
            return RenewalReason.Expiring;
        }

        if (now < current.NotBefore)
        {
            return RenewalReason.NotYetValid;
        }

        var covered = wanted.DnsNames.All(current.DnsNames.Contains) && wanted.Addresses.All(current.Addresses.Contains);
        return covered ? RenewalReason.None : RenewalReason.NamesChanged;
    }

    /// <summary>When two thirds of a certificate's life are over and it is due for renewal.</summary>
    /// <param name="current">The certificate.</param>
    /// <returns>That instant.</returns>
    public static DateTimeOffset RenewAt(CertificateFacts current)
    {
        ArgumentNullException.ThrowIfNull(current);
        return current.NotAfter - ((current.NotAfter - current.NotBefore) / 3);
    }
}
