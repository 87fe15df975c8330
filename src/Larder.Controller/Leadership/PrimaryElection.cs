namespace Larder.Controller.Leadership;

/// <summary>
/// Decides which node of a shard becomes its primary. Pure.
/// </summary>
/// <remarks>
/// <code>
/// 1. a node that is in a full sync, loads, or does not answer is never chosen
/// 2. among processes that hold the shard's history in memory, the one furthest in the replication stream wins
/// 3. where no such process is left, all nodes were started anew: everybody is waited for, within a bound (a node that loads
///    is waited for without one), and an empty node never wins over one that has data
/// </code>
/// </remarks>
internal static class PrimaryElection
{
    /// <summary>Decides.</summary>
    /// <param name="candidates">All nodes of the shard.</param>
    /// <param name="lastPrimary">The node that was elected last, or <c>null</c> before the first election.</param>
    /// <param name="patienceOver">Whether nodes that do not answer have been waited for long enough.</param>
    /// <returns>The decision.</returns>
    public static ElectionDecision Decide(IReadOnlyList<ElectionCandidate> candidates, int? lastPrimary, bool patienceOver)
    {
        var eligible = candidates.Where(candidate => candidate is { Answering: true, Loading: false, FullSync: false }).ToList();
        var furthest = eligible
            .Where(candidate => candidate.Continuous)
            .OrderByDescending(candidate => candidate.Offset)
            .ThenByDescending(candidate => candidate.Ordinal == lastPrimary)
            .ThenBy(candidate => candidate.Ordinal)
            .FirstOrDefault();
        if (furthest is not null)
        {
            return new(furthest.Ordinal, $"node {furthest.Ordinal} is furthest in the replication stream, at {furthest.Offset}");
        }

        if (candidates.Where(candidate => candidate.Loading).Select(candidate => (int?)candidate.Ordinal).FirstOrDefault() is { } loading)
        {
            return new(null, $"waiting for node {loading}, which is loading its data");
        }

        if (!patienceOver && candidates.Where(candidate => !candidate.Answering).Select(candidate => (int?)candidate.Ordinal).FirstOrDefault() is { } silent)
        {
            return new(null, $"waiting for node {silent} to answer");
        }

        var fullest = eligible
            .OrderByDescending(candidate => candidate.Keys > 0)
            .ThenByDescending(candidate => candidate.Ordinal == lastPrimary)
            .ThenByDescending(candidate => candidate.Keys)
            .ThenBy(candidate => candidate.Ordinal)
            .FirstOrDefault();
        return fullest switch
        {
            null => new(null, "no node can be promoted: none answers with complete data"),
            { Keys: > 0 } => new(fullest.Ordinal, $"node {fullest.Ordinal} has loaded {fullest.Keys} keys from its disk"),
            _ => new(fullest.Ordinal, $"no node has data; node {fullest.Ordinal} begins"),
        };
    }
}
