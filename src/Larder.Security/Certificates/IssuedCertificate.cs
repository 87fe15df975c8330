namespace Larder.Security.Certificates;

/// <summary>A cache's certificate as the store handed it out.</summary>
/// <param name="Certificate">The certificate: the same instance as at the last call while nothing changed.</param>
/// <param name="Issued">Why this call issued it; <see cref="RenewalReason.None"/> where it did not.</param>
/// <param name="RenewAt">When it is due for renewal, so when to ask again at the latest.</param>
public sealed record IssuedCertificate(ServerCertificate Certificate, RenewalReason Issued, DateTimeOffset RenewAt);
