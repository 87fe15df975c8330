namespace Larder.Controller.Leadership;

/// <summary>
/// Decides which node of a shard becomes its primary. Pure.
/// </summary>
/// <remarks>
/// The newest generation of the data is what the last primary and the replicas in sync with it have; the control store says who they are.
/// <code>
/// 1. a node that is in a full sync, loads, or does not answer is never chosen
/// 2. of the newest: processes that have it in memory, the one furthest in the replication stream
/// 3. of the newest: nodes that have loaded it from their disks, when all others of the newest have been waited for, within a bound
///    (one that is loading without a bound)
/// 4. while one of the newest may come back with its data, it is waited for without a bound: nobody else is chosen
/// 5. where none can, their generation is lost for certain: the newest of what is left, and an empty node only where nothing is left
/// </code>
/// An operator may end the waiting of 3 and 4.
/// </remarks>
internal static class PrimaryElection
{
    /// <summary>Decides.</summary>
    /// <param name="candidates">All nodes of the shard.</param>
    /// <param name="state">What is known of the shard.</param>
    /// <returns>The decision.</returns>
    public static ElectionDecision Decide(IReadOnlyList<ElectionCandidate> candidates, ElectionState state)
    {
        var newest = candidates.Where(candidate => state.Newest.Contains(candidate.Ordinal)).ToList();
        if (newest.Count == 0)
        {
            return Begin(candidates, state);
        }

        if (Best(newest, Evidence.Memory, state) is { } furthest)
        {
            return new(furthest.Ordinal, $"node {furthest.Ordinal} is furthest in the replication stream, at {furthest.Offset}");
        }

        var loaded = Best(newest, Evidence.Disk, state);
        if (!state.Forced && Awaited(newest, state, another: loaded is not null) is { } awaited)
        {
            return Wait(awaited, candidates, another: loaded is not null);
        }

        return loaded is not null
            ? new(loaded.Ordinal, $"node {loaded.Ordinal} has loaded {loaded.Keys} keys from its disk")
            : GoOnWithout(newest, candidates, state);
    }

    /// <summary>Which of the newest may come back with its data and must be waited for.</summary>
    private static ElectionCandidate? Awaited(IReadOnlyList<ElectionCandidate> newest, ElectionState state, bool another)
    {
        var missing = newest.Where(candidate => !candidate.Ready && MayComeBack(candidate, state)).ToList();
        return missing.FirstOrDefault(candidate => candidate.Loading) ?? (another && state.PatienceOver ? null : missing.FirstOrDefault());
    }

    /// <summary>A node that has not said what it has may have it: its disk may not be there yet. Only what was in memory alone is gone for certain.</summary>
    private static bool MayComeBack(ElectionCandidate candidate, ElectionState state) =>
        candidate.Loading || candidate.Evidence != Evidence.None || !state.Volatile;

    private static ElectionDecision Wait(ElectionCandidate awaited, IReadOnlyList<ElectionCandidate> candidates, bool another)
    {
        if (awaited.Loading)
        {
            return new(null, $"waiting for node {awaited.Ordinal}, which is loading its data");
        }

        if (another)
        {
            return new(null, $"waiting for node {awaited.Ordinal} to answer, which may have newer data");
        }

        var others = candidates.Any(candidate => candidate.Ready) ? "; a node with older data or none may not take its place" : "";
        return new(null, $"waiting for node {awaited.Ordinal} to come back, which has the newest data{others}", MayBeForced: others.Length > 0);
    }

    /// <summary>The newest generation is lost for certain, or was given up.</summary>
    private static ElectionDecision GoOnWithout(
        IReadOnlyList<ElectionCandidate> newest, IReadOnlyList<ElectionCandidate> candidates, ElectionState state)
    {
        var names = string.Join(" and ", newest.Select(candidate => $"node {candidate.Ordinal}"));
        var why = state.Forced && newest.Any(candidate => !candidate.Ready && MayComeBack(candidate, state)) ? "was given up"
            : state.Volatile ? "is lost: without persistence it ended with its processes"
            : "is lost: it is not on disk any more";
        var older = Best(candidates.Where(candidate => candidate.Evidence != Evidence.None), null, state);
        if (older is not null)
        {
            return new(older.Ordinal, $"the newest data, of {names}, {why}; node {older.Ordinal} has the next older, of epoch {older.Epoch}", Lossy: true);
        }

        if (!state.Forced && candidates.FirstOrDefault(candidate => !candidate.Ready && candidate.Evidence != Evidence.None) is { } silent)
        {
            return new(null, $"the newest data, of {names}, {why}; waiting for node {silent.Ordinal}, which has older data", MayBeForced: true);
        }

        return First(candidates, state) is { } first
            ? new(first.Ordinal, $"the newest data, of {names}, {why}, and no other node has any; node {first.Ordinal} begins empty", Lossy: true) { BeginsEmpty = true }
            : new(null, "no node can be promoted: none answers with complete data");
    }

    /// <summary>Nothing is known of any generation: the shard is new, or older than generations are.</summary>
    private static ElectionDecision Begin(IReadOnlyList<ElectionCandidate> candidates, ElectionState state)
    {
        if (Best(candidates, Evidence.Memory, state) is { } furthest)
        {
            return new(furthest.Ordinal, $"node {furthest.Ordinal} is furthest in the replication stream, at {furthest.Offset}");
        }

        if (!state.Forced && candidates.FirstOrDefault(candidate => candidate.Loading) is { } loading)
        {
            return Wait(loading, candidates, another: false);
        }

        if (!state.PatienceOver && !state.Forced && candidates.FirstOrDefault(candidate => !candidate.Answering) is { } silent)
        {
            return new(null, $"waiting for node {silent.Ordinal} to answer");
        }

        return First(candidates, state) switch
        {
            null => new(null, "no node can be promoted: none answers with complete data"),
            { Keys: > 0 } fullest => new(fullest.Ordinal, $"node {fullest.Ordinal} has loaded {fullest.Keys} keys from its disk"),
            { } first => new(first.Ordinal, $"no node has data; node {first.Ordinal} begins"),
        };
    }

    private static ElectionCandidate? Best(IEnumerable<ElectionCandidate> candidates, Evidence? evidence, ElectionState state) => candidates
        .Where(candidate => candidate.Ready && (evidence is null || candidate.Evidence == evidence))
        .OrderByDescending(candidate => candidate.Epoch)
        .ThenByDescending(candidate => candidate.Evidence)

        // Offsets compare within one stream: what a process counts after it has loaded its disk says nothing beside another's count.
        .ThenByDescending(candidate => candidate.Evidence == Evidence.Memory ? candidate.Offset : candidate.Keys > 0 ? 1 : 0)
        .ThenByDescending(candidate => candidate.Ordinal == state.LastPrimary)
        .ThenByDescending(candidate => candidate.Offset)
        .ThenByDescending(candidate => candidate.Keys)
        .ThenBy(candidate => candidate.Ordinal)
        .FirstOrDefault();

    private static ElectionCandidate? First(IEnumerable<ElectionCandidate> candidates, ElectionState state) => candidates
        .Where(candidate => candidate.Ready)
        .OrderByDescending(candidate => candidate.Keys > 0)
        .ThenByDescending(candidate => candidate.Ordinal == state.LastPrimary)
        .ThenByDescending(candidate => candidate.Keys)
        .ThenBy(candidate => candidate.Ordinal)
        .FirstOrDefault();
}
