using System.Collections.Immutable;

namespace Larder.Chaos.Histories;

/// <summary>All data of the workloads, read in one transaction.</summary>
/// <param name="Began">Before it was asked for; monotonic, since the run began.</param>
/// <param name="Ended">After its answer.</param>
/// <param name="Collections">The members of each set, in no order, and the elements of each list, in theirs; empty for an absent key.</param>
/// <param name="Integers">The value of each register and counter; 0 for an absent key.</param>
public sealed record Snapshot(
    TimeSpan Began,
    TimeSpan Ended,
    ImmutableDictionary<string, ImmutableArray<long>> Collections,
    ImmutableDictionary<string, long> Integers);
