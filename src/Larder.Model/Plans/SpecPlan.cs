using System.Collections.Immutable;
using Larder.Model.Engines;
using Larder.Model.Specs;

namespace Larder.Model.Plans;

/// <summary>The difference between the stored spec of a cache and a wanted one. Immutable.</summary>
public sealed record SpecPlan
{
    /// <summary>What it comes to.</summary>
    public required PlanKind Kind { get; init; }

    /// <summary>The spec to store where nothing is refused: the wanted one, with the name spelled as the cache has it.</summary>
    public required CacheSpec Spec { get; init; }

    /// <summary>The engine that the cache is to run; <c>null</c> where none could be chosen.</summary>
    public required EngineInstallation? Engine { get; init; }

    /// <summary>What changes, in the order of the form.</summary>
    public required ImmutableArray<PlanChange> Changes { get; init; }

    /// <summary>What is refused, in the order of the form; empty where the plan may be carried out.</summary>
    public required ImmutableArray<PlanRefusal> Refusals { get; init; }

    /// <summary>Whether the plan must not be carried out.</summary>
    public bool IsRefused => !Refusals.IsEmpty;
}
