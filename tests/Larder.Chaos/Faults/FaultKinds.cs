using System.Collections.Immutable;

namespace Larder.Chaos.Faults;

/// <summary>Facts about kinds of faults.</summary>
public static class FaultKinds
{
    /// <summary>What is done to clustered caches.</summary>
    public static ImmutableArray<FaultKind> OfClusters { get; } =
    [
        FaultKind.ScaleOut, FaultKind.ScaleIn, FaultKind.PauseScaling, FaultKind.ChangeSetting, FaultKind.Handover,
        FaultKind.KillPrimary, FaultKind.KillReplica, FaultKind.KillDaemon, FaultKind.KillDaemonAndPrimary,
    ];

    /// <summary>All kinds that an engine can have as an unclustered cache.</summary>
    /// <param name="engine">The engine as a spec names it: <c>redis</c>, <c>valkey</c> or <c>garnet</c>.</param>
    /// <remarks>Garnet forks no child that saves.</remarks>
    public static ImmutableArray<FaultKind> Of(string engine) =>
        [.. Enum.GetValues<FaultKind>().Where(kind => kind < FaultKind.ScaleOut && (engine != "garnet" || kind != FaultKind.KillPrimaryDuringSave))];

    /// <summary>Whether another primary is sure to come of it, in another epoch.</summary>
    public static bool ChangesThePrimary(this FaultKind kind) =>
        kind == FaultKind.Handover || (kind.EndsThePrimary() && kind != FaultKind.HangPrimaryShort);

    /// <summary>Whether a primary is ended, or may be taken for ended: only then does <c>durability: async</c> permit a loss.</summary>
    public static bool EndsThePrimary(this FaultKind kind) => kind switch
    {
        FaultKind.Handover or FaultKind.KillReplica or FaultKind.KillDaemon or FaultKind.SlowReplica
            or FaultKind.ScaleOut or FaultKind.ScaleIn or FaultKind.PauseScaling or FaultKind.ChangeSetting => false,
        _ => true,
    };
}
