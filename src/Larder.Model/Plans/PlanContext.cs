using Larder.Model.Engines;

namespace Larder.Model.Plans;

/// <summary>What a plan depends on beside the two specs.</summary>
public sealed record PlanContext
{
    /// <summary>The engines that can run, in any order.</summary>
    public required IReadOnlyList<EngineInstallation> Catalogue { get; init; }

    /// <summary>The engine that the existing cache runs; <c>null</c> for a new cache, or before one was chosen.</summary>
    public EngineInstallation? Installation { get; init; }
}
