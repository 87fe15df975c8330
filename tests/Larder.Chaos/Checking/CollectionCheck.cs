using System.Collections.Immutable;
using Larder.Chaos.Histories;

namespace Larder.Chaos.Checking;

/// <summary>Sets and lists: which elements are there, and how often.</summary>
/// <remarks>
/// <code>
///   append 7 ---&gt; acknowledged        snapshot 1: 7 is there   snapshot 2: absent   snapshot 3: absent    lost, first seen at 2
///   append 8 ---&gt; acknowledged        snapshot 1: absent       snapshot 2: there                          not lost: snapshot 1 was stale
///   append 9 ---&gt; refused                                       snapshot 2: there                          executed after all
/// </code>
/// Whatever an operation of unknown fate does is allowed, but for doing it twice.
/// </remarks>
internal static class CollectionCheck
{
    public static void Run(string key, IReadOnlyList<Invocation> writes, ImmutableArray<Snapshot> snapshots, Findings findings)
    {
        var counts = snapshots.Select(snapshot => Count(snapshot.Collections[key])).ToList();
        var known = writes.ToDictionary(write => write.Operation.Value);
        foreach (var write in writes)
        {
            Check(write, snapshots, counts, findings);
        }

        var phantoms = new HashSet<long>();
        for (var i = 0; i < snapshots.Length; i++)
        {
            foreach (var value in counts[i].Keys)
            {
                if ((!known.TryGetValue(value, out var write) || write.Began > snapshots[i].Ended) && phantoms.Add(value))
                {
                    findings.Add(AnomalyKind.PhantomValue, snapshots[i].Ended, () => $"{key} has {value}, which nobody had written.");
                }
            }
        }
    }

    private static void Check(Invocation write, ImmutableArray<Snapshot> snapshots, List<Dictionary<long, int>> counts, Findings findings)
    {
        var value = write.Operation.Value;
        var (firstThere, mostCopies, missingSince) = (-1, 1, -1);
        for (var i = 0; i < snapshots.Length; i++)
        {
            var copies = counts[i].GetValueOrDefault(value);
            if (copies > mostCopies)
            {
                findings.Add(AnomalyKind.DoubledWrite, snapshots[i].Ended, () => $"{copies} copies: {write}", copies - mostCopies);
                mostCopies = copies;
            }

            if (copies > 0)
            {
                if (missingSince >= 0)
                {
                    findings.Add(
                        AnomalyKind.StaleReadOfKeptWrite, snapshots[missingSince].Ended, () => $"absent from a snapshot, present in a later one: {write}");
                }

                firstThere = firstThere < 0 ? i : firstThere;
                missingSince = -1;
            }
            else if (write.Fate == Fate.Executed && write.Ended < snapshots[i].Began && missingSince < 0)
            {
                missingSince = i;
            }
        }

        if (missingSince >= 0)
        {
            findings.Add(AnomalyKind.LostWrite, snapshots[missingSince].Ended, () => $"acknowledged, then gone: {write}");
        }

        if (firstThere >= 0 && write.Fate == Fate.Refused)
        {
            findings.Add(AnomalyKind.RefusedButExecuted, snapshots[firstThere].Ended, () => $"refused, but there: {write}");
        }

        if (counts[^1].ContainsKey(value) && write.Fate == Fate.Unknown)
        {
            findings.UnknownButExecuted++;
        }

        if (write is { Fate: Fate.Executed, Operation.Kind: OperationKind.Add, Reply: not 1 })
        {
            findings.Add(AnomalyKind.DoubledWrite, write.Ended, () => $"added once, but it was there already: {write}");
        }
    }

    private static Dictionary<long, int> Count(ImmutableArray<long> values)
    {
        var counts = new Dictionary<long, int>(values.Length);
        foreach (var value in values)
        {
            counts[value] = counts.GetValueOrDefault(value) + 1;
        }

        return counts;
    }
}
