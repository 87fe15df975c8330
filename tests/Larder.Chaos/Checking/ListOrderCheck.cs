using System.Collections.Immutable;
using Larder.Chaos.Histories;

namespace Larder.Chaos.Checking;

/// <summary>
/// Lists keep the order of time, within a client and between clients: nothing that was appended only after an append had been acknowledged
/// may stand before it. Appends of unknown fate may take effect at any time after they began.
/// </summary>
internal static class ListOrderCheck
{
    public static void Run(string key, IReadOnlyList<Invocation> appends, ImmutableArray<Snapshot> snapshots, Findings findings)
    {
        var byValue = appends.ToDictionary(append => append.Operation.Value);
        var told = new HashSet<long>();
        foreach (var snapshot in snapshots)
        {
            Invocation? latest = null;
            var seen = new HashSet<long>();
            foreach (var value in snapshot.Collections[key])
            {
                // Second copies and values of nobody are anomalies of other kinds.
                if (!byValue.TryGetValue(value, out var append) || !seen.Add(value))
                {
                    continue;
                }

                if (append.Fate == Fate.Executed && latest is not null && latest.Began > append.Ended && told.Add(value))
                {
                    var before = latest;
                    findings.Add(AnomalyKind.OrderViolation, snapshot.Ended, () => $"{key} has {before.Operation.Value} before {value}: {before}; {append}");
                }

                latest = latest is null || append.Began > latest.Began ? append : latest;
            }
        }
    }
}
