using System.Collections.Immutable;
using Larder.Model.Specs;

namespace Larder.Security.Certificates;

/// <summary>A user-supplied certificate after a look at its files.</summary>
public sealed record UserCertificate
{
    /// <summary>The certificate; <c>null</c> where a problem that is no warning forbids its use. The caller of <see cref="Load"/> owns it.</summary>
    public required ServerCertificate? Certificate { get; init; }

    /// <summary>Every problem found, errors and warnings; empty where there is none.</summary>
    public required ImmutableArray<CertificateProblem> Problems { get; init; }

    /// <summary>Reads and checks a user-supplied certificate. Nothing is thrown for bad files: each fault is a problem in the result.</summary>
    /// <param name="spec">Where the files are.</param>
    /// <param name="wanted">The names clients use; those not covered give a warning each.</param>
    /// <param name="clock">The time to check validity at.</param>
    /// <returns>The certificate, its chain and its key, or what forbids their use.</returns>
    public static UserCertificate Load(CertificateSpec spec, ServerNames wanted, TimeProvider clock) =>
        new UserCertificateReader(spec, wanted, clock.GetUtcNow()).Read();
}
