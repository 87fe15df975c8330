using System.Collections.Immutable;
using Larder.Chaos.Histories;

namespace Larder.Chaos.Checking;

/// <summary>
/// Registers: one client writes values that only grow, so that a value tells by itself how old it is. A read that returns less than what had been
/// acknowledged before the read began is stale.
/// </summary>
internal static class RegisterCheck
{
    private sealed record Observation(TimeSpan Began, TimeSpan Ended, long Value, string Text);

    public static void Run(string key, IReadOnlyList<Invocation> invocations, ImmutableArray<Snapshot> snapshots, Findings findings)
    {
        var writes = invocations.Where(one => one.Operation.IsWrite).ToDictionary(one => one.Operation.Value);
        var acknowledged = writes.Values.Where(one => one.Fate == Fate.Executed).OrderBy(one => one.Ended).ToList();
        var reads = invocations.Where(one => !one.Operation.IsWrite && one.Fate == Fate.Executed)
            .Select(one => new Observation(one.Began, one.Ended, one.Reply, one.ToString()))
            .Concat(snapshots.Select(one => new Observation(one.Began, one.Ended, one.Integers[key], $"snapshot: {key} is {one.Integers[key]} [{one.Began.TotalSeconds:F3} s, {one.Ended.TotalSeconds:F3} s]")))
            .OrderBy(one => one.Began).ToList();

        CheckStaleness(acknowledged, reads, findings);
        CheckOrigins(key, writes, reads, findings);

        var final = snapshots[^1];
        foreach (var write in acknowledged.Where(one => one.Ended < final.Began && one.Operation.Value > final.Integers[key]))
        {
            findings.Add(AnomalyKind.LostWrite, final.Ended, () => $"acknowledged, then back at {final.Integers[key]}: {write}");
        }

        findings.UnknownButExecuted += reads.Select(read => read.Value).Distinct()
            .Count(value => writes.TryGetValue(value, out var write) && write.Fate == Fate.Unknown);
    }

    private static void CheckStaleness(List<Invocation> acknowledged, List<Observation> reads, Findings findings)
    {
        var (next, newest) = (0, (Invocation?)null);
        for (var i = 0; i < reads.Count; i++)
        {
            var read = reads[i];
            while (next < acknowledged.Count && acknowledged[next].Ended < read.Began)
            {
                newest = newest is null || acknowledged[next].Operation.Value > newest.Operation.Value ? acknowledged[next] : newest;
                next++;
            }

            if (newest is null || read.Value >= newest.Operation.Value)
            {
                continue;
            }

            // Another read that has one of the writes which this one missed: they were there all the time. Only acknowledged ones tell that,
            // since one of unknown fate may take effect after a loss.
            var missed = acknowledged.Take(next).Select(one => one.Operation.Value).Where(value => value > read.Value).ToHashSet();
            var kept = reads.Skip(i + 1).Any(later => later.Began > read.Ended && missed.Contains(later.Value));
            var expected = newest;
            findings.Add(kept ? AnomalyKind.StaleReadOfKeptWrite : AnomalyKind.StaleRead, read.Ended, () => $"{read.Text} misses {expected}");
        }
    }

    private static void CheckOrigins(string key, Dictionary<long, Invocation> writes, List<Observation> reads, Findings findings)
    {
        var told = new HashSet<long>();
        foreach (var read in reads.Where(read => read.Value != 0))
        {
            if (!writes.TryGetValue(read.Value, out var write) || write.Began > read.Ended)
            {
                if (told.Add(read.Value))
                {
                    findings.Add(AnomalyKind.PhantomValue, read.Ended, () => $"{key} has {read.Value}, which nobody had written: {read.Text}");
                }
            }
            else if (write.Fate == Fate.Refused && told.Add(read.Value))
            {
                findings.Add(AnomalyKind.RefusedButExecuted, read.Ended, () => $"refused, but read: {write}; {read.Text}");
            }
        }
    }
}
