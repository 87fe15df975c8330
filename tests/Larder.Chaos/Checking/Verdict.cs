using System.Collections.Immutable;
using Larder.Chaos.Faults;
using Larder.Chaos.Histories;

namespace Larder.Chaos.Checking;

/// <summary>Whether what a report shows is what the cache promised.</summary>
public static class Verdict
{
    private static readonly AnomalyKind[] NeverAllowed =
    [
        AnomalyKind.DoubledWrite, AnomalyKind.StaleReadOfKeptWrite, AnomalyKind.OrderViolation, AnomalyKind.TornTransaction,
        AnomalyKind.RefusedButExecuted, AnomalyKind.PhantomValue, AnomalyKind.TwoPrimaries, AnomalyKind.EpochWentBack,
    ];

    /// <summary>The promises that were broken, one sentence each; empty where all were kept.</summary>
    /// <param name="report">What was found.</param>
    /// <param name="durability">What was promised.</param>
    /// <param name="replicas">How many replicas the shard has.</param>
    public static ImmutableArray<string> Breaches(ChaosReport report, Durability durability, int replicas)
    {
        var breaches = ImmutableArray.CreateBuilder<string>();
        if (report.AcknowledgedWrites == 0)
        {
            breaches.Add("no write was acknowledged, so that nothing is proved");
        }

        foreach (var kind in NeverAllowed.Where(kind => report.Count(kind) > 0))
        {
            breaches.Add($"{kind}: {report.Count(kind)}");
        }

        var mayLose = false;
        for (var i = -1; i < report.Faults.Length; i++)
        {
            // Where faults overlap, what an earlier one lost may be seen after a later one only.
            mayLose = (mayLose && report.Faults[i - 1].Fault.Overlapped) || (i >= 0 && MayLose(report.Faults[i].Fault, durability, replicas));
            if (mayLose)
            {
                continue;
            }

            foreach (var kind in new[] { AnomalyKind.LostWrite, AnomalyKind.StaleRead }.Where(kind => report.Count(kind, i) > 0))
            {
                breaches.Add($"{kind}: {report.Count(kind, i)} {(i < 0 ? "before any fault" : $"after fault {i + 1} ({report.Faults[i].Fault.Kind})")}, where none is allowed");
            }
        }

        foreach (var outcome in report.Faults.Where(outcome => outcome.Fault is { Ready: null, Overlapped: false }))
        {
            breaches.Add($"not Ready again after {outcome.Fault.Kind} at {outcome.Fault.Began.TotalSeconds:F3} s");
        }

        return breaches.ToImmutable();
    }

    /// <summary>Whether acknowledged writes may be lost at a fault.</summary>
    /// <param name="fault">The fault.</param>
    /// <param name="durability">What was promised.</param>
    /// <param name="replicas">How many replicas the shard has.</param>
    public static bool MayLose(FaultRecord fault, Durability durability, int replicas) =>
        (durability == Durability.Async && ((fault.Kind.EndsThePrimary() && fault.EpochAfter > fault.EpochBefore) || fault.UnplannedElections > 0))
        || fault.NodesEnded > replicas;
}
