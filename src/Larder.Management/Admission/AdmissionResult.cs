using System.Collections.Immutable;
using Larder.Management.Contracts;

namespace Larder.Management.Admission;

/// <summary>What a check found.</summary>
/// <param name="Refusals">Reasons not to do it.</param>
/// <param name="Warnings">What is allowed, but worth knowing.</param>
public sealed record AdmissionResult(ImmutableArray<PlanRefusalView> Refusals, ImmutableArray<string> Warnings)
{
    /// <summary>Nothing speaks against it.</summary>
    public static AdmissionResult Fine { get; } = new([], []);
}
