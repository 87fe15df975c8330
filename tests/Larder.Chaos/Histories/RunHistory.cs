using System.Collections.Immutable;

namespace Larder.Chaos.Histories;

/// <summary>All that was seen in a run.</summary>
/// <param name="Invocations">Every operation of every client, in any order.</param>
/// <param name="Snapshots">In the order they were taken; the last ones after all clients had stopped.</param>
/// <param name="Samples">Who was shown as primary, in the order of time.</param>
/// <param name="Faults">What was injected, one after the other.</param>
public sealed record RunHistory(
    ImmutableArray<Invocation> Invocations,
    ImmutableArray<Snapshot> Snapshots,
    ImmutableArray<RoleSample> Samples,
    ImmutableArray<FaultRecord> Faults);
