using System.Collections.Immutable;
using Larder.Chaos.Histories;

namespace Larder.Chaos.Checking;

/// <summary>Counters: each is incremented by one client, so that every answer must be one more than the answer before.</summary>
/// <remarks>
/// <code>
///   answers    1  2  3      7              higher than it can be with the unknown fates so far: doubled
///   answers    1  2  3  ?  5  6            one of unknown fate was executed
///   answers    1  2  3  4  3               the 3 and 4 of before are lost
/// </code>
/// </remarks>
internal static class CounterCheck
{
    public static void Run(string key, IReadOnlyList<Invocation> increments, ImmutableArray<Snapshot> snapshots, Findings findings)
    {
        // What each step up to the counter's value was: an acknowledged increment, or null for one of unknown fate.
        var steps = new List<Invocation?>();
        var (unknown, refused) = (0, 0);
        foreach (var increment in increments.OrderBy(one => one.Began))
        {
            switch (increment.Fate)
            {
                case Fate.Unknown:
                    unknown++;
                    break;
                case Fate.Refused:
                    refused++;
                    break;
                default:
                    Settle(increment.Reply - 1, increment.Ended, increment.ToString());
                    steps.Add(increment);
                    break;
            }
        }

        var last = increments.Max(one => one.Ended);
        foreach (var snapshot in snapshots.Where(one => one.Began > last))
        {
            Settle(snapshot.Integers[key], snapshot.Ended, $"{key} is {snapshot.Integers[key]} at the end");
        }

        // Brings what is known to the value that the counter must have had at an observation.
        void Settle(long value, TimeSpan seenAt, string observation)
        {
            if (value < 0)
            {
                findings.Add(AnomalyKind.PhantomValue, seenAt, () => $"a counter below zero: {observation}");
                return;
            }

            foreach (var step in steps.Skip((int)Math.Min(value, steps.Count)))
            {
                if (step is not null)
                {
                    findings.Add(AnomalyKind.LostWrite, seenAt, () => $"acknowledged, then gone: {step}; seen by {observation}");
                }
            }

            if (value < steps.Count)
            {
                steps.RemoveRange((int)value, steps.Count - (int)value);
            }

            var above = value - steps.Count;
            var explained = (int)Math.Min(above, unknown);
            (unknown, findings.UnknownButExecuted) = (unknown - explained, findings.UnknownButExecuted + explained);
            var byRefused = Math.Min(above - explained, refused);
            if (byRefused > 0)
            {
                findings.Add(AnomalyKind.RefusedButExecuted, seenAt, () => $"only refused increments explain it: {observation}", byRefused);
            }

            var doubled = above - explained - byRefused;
            if (doubled > 0)
            {
                findings.Add(AnomalyKind.DoubledWrite, seenAt, () => $"{doubled} more than was asked for: {observation}", doubled);
            }

            while (steps.Count < value)
            {
                steps.Add(null);
            }

            refused = 0;
        }
    }
}
