using System.Diagnostics.CodeAnalysis;
using Larder.Model.Engines;

namespace Larder.Model.Plans;

/// <summary>The engine for a cache, or why there is none. Exactly one of the two is set.</summary>
public sealed record EngineSelection
{
    private EngineSelection(EngineInstallation? installation, PlanRefusal? refusal)
    {
        Installation = installation;
        Refusal = refusal;
    }

    /// <summary>The engine to run, or <c>null</c>.</summary>
    public EngineInstallation? Installation { get; }

    /// <summary>Why there is none: it lists what the catalogue has.</summary>
    public PlanRefusal? Refusal { get; }

    /// <summary>Whether an engine was found.</summary>
    [MemberNotNullWhen(true, nameof(Installation))]
    [MemberNotNullWhen(false, nameof(Refusal))]
    public bool IsFound => Installation is not null;

    internal static EngineSelection Of(EngineInstallation installation) => new(installation, null);

    internal static EngineSelection Of(PlanRefusal refusal) => new(null, refusal);
}
