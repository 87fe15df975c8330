using Larder.Chaos.Faults;

namespace Larder.Chaos.Clusters;

/// <summary>One step of a sequence against a clustered cache.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="Calm">How long clients work undisturbed before.</param>
/// <param name="Shards">How many shards are wanted from then on.</param>
/// <param name="Shard">The shard that it is done to; 0 where it is done to the whole cache.</param>
/// <param name="Overlapped">Whether the next step comes at once, and not when all is well again.</param>
public sealed record ClusterStep(FaultKind Kind, TimeSpan Calm, int Shards, int Shard, bool Overlapped)
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"after {Calm.TotalMilliseconds:F0} ms {Kind}{(Kind is FaultKind.ScaleIn or FaultKind.ScaleOut ? $" to {Shards} shards" : IsOfShard ? $" of shard {Shard}" : "")}{(Overlapped ? ", not waited for" : "")}";

    /// <summary>Whether it is done to one shard.</summary>
    public bool IsOfShard => Kind is FaultKind.Handover or FaultKind.KillPrimary or FaultKind.KillReplica or FaultKind.KillDaemonAndPrimary;
}
