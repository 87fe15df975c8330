using System.Collections.Immutable;

namespace Larder.Management.Contracts;

/// <summary>The difference between the stored spec and a wanted one: the contract of <c>larder plan --output json</c>.</summary>
/// <param name="Cache">The cache's name.</param>
/// <param name="Kind"><c>create</c>, <c>update</c> or <c>none</c>.</param>
/// <param name="Engine">The engine that is to run, such as <c>redis 7.0.15</c>, or <c>null</c> where none can be chosen.</param>
/// <param name="Changes">What would change.</param>
/// <param name="Refusals">What is refused; where there is one, nothing is changed.</param>
/// <param name="Warnings">What is allowed, but worth knowing.</param>
public sealed record PlanView(
    string Cache, string Kind, string? Engine, ImmutableArray<PlanChangeView> Changes, ImmutableArray<PlanRefusalView> Refusals,
    ImmutableArray<string> Warnings);
