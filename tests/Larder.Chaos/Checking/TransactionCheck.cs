using System.Collections.Immutable;
using Larder.Chaos.Histories;

namespace Larder.Chaos.Checking;

/// <summary>
/// Transactions that append to a list and increment a counter: in every snapshot the counter is the number of the elements, whatever was lost and
/// whatever was doubled as a whole.
/// </summary>
internal static class TransactionCheck
{
    public static void Run(string counter, IReadOnlyList<Invocation> transactions, ImmutableArray<Snapshot> snapshots, Findings findings)
    {
        var values = transactions.Select(one => one.Operation.Value).ToHashSet();
        var lists = transactions.Select(one => one.Operation.Key).Distinct().ToList();
        var difference = 0L;
        foreach (var snapshot in snapshots)
        {
            var elements = lists.Sum(list => snapshot.Collections[list].LongCount(values.Contains));
            var now = snapshot.Integers[counter] - elements;
            if (now != difference)
            {
                findings.Add(
                    AnomalyKind.TornTransaction,
                    snapshot.Ended,
                    () => $"{counter} is {snapshot.Integers[counter]}, and {elements} elements of its transactions are there",
                    Math.Abs(now - difference));
            }

            difference = now;
        }
    }
}
