using System.Collections.Immutable;

namespace Larder.Host.Doctor;

/// <summary>What the doctor found: the contract of <c>larder doctor --output json</c>.</summary>
/// <param name="Healthy">Whether there is no error.</param>
/// <param name="Findings">All findings in the order of the checks.</param>
internal sealed record DoctorReport(bool Healthy, ImmutableArray<Finding> Findings);
