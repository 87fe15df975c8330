using System.Collections.Immutable;
using System.Text;
using Larder.Chaos.Faults;

namespace Larder.Chaos.Checking;

/// <summary>What a history shows.</summary>
/// <param name="AcknowledgedWrites">Writes that were acknowledged.</param>
/// <param name="RefusedWrites">Writes that were definitely refused.</param>
/// <param name="UnknownWrites">Writes whose fate is unknown.</param>
/// <param name="UnknownButExecuted">Those of them that the data shows as executed; the others were not, or it cannot be seen.</param>
/// <param name="Reads">Reads that were answered.</param>
/// <param name="UnansweredReads">Reads that were not.</param>
/// <param name="Counts">Anomalies by kind and by the index of the fault they are attributed to; -1 before the first.</param>
/// <param name="Examples">At most five of each kind.</param>
/// <param name="Faults">What was injected, and what clients noticed.</param>
public sealed record ChaosReport(
    long AcknowledgedWrites,
    long RefusedWrites,
    long UnknownWrites,
    long UnknownButExecuted,
    long Reads,
    long UnansweredReads,
    ImmutableDictionary<(AnomalyKind Kind, int Fault), long> Counts,
    ImmutableArray<Anomaly> Examples,
    ImmutableArray<FaultOutcome> Faults)
{
    /// <summary>How many anomalies of a kind there are.</summary>
    public long Count(AnomalyKind kind) => Counts.Where(pair => pair.Key.Kind == kind).Sum(pair => pair.Value);

    /// <summary>How many anomalies of a kind are attributed to one fault.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="fault">The fault's index; -1 for what was seen before the first.</param>
    public long Count(AnomalyKind kind, int fault) => Counts.GetValueOrDefault((kind, fault));

    /// <summary>How many anomalies of a kind are attributed to faults of a kind.</summary>
    public long Count(AnomalyKind kind, FaultKind fault) =>
        Counts.Where(pair => pair.Key.Kind == kind && pair.Key.Fault >= 0 && Faults[pair.Key.Fault].Fault.Kind == fault).Sum(pair => pair.Value);

    /// <summary>Reads that missed an acknowledged write, lost or kept.</summary>
    public long StaleReads => Count(AnomalyKind.StaleRead) + Count(AnomalyKind.StaleReadOfKeptWrite);

    /// <summary>Those of them that were seen after a planned handover.</summary>
    public long StaleReadsAfterHandover =>
        Count(AnomalyKind.StaleRead, FaultKind.Handover) + Count(AnomalyKind.StaleReadOfKeptWrite, FaultKind.Handover);

    /// <inheritdoc/>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine($"writes: {AcknowledgedWrites} acknowledged, {RefusedWrites} refused, {UnknownWrites} of unknown fate ({UnknownButExecuted} of these were seen as executed)");
        text.AppendLine($"reads: {Reads} answered, {UnansweredReads} not answered");
        text.AppendLine($"lost {Count(AnomalyKind.LostWrite)}, doubled {Count(AnomalyKind.DoubledWrite)}, stale reads {StaleReads} ({StaleReadsAfterHandover} after a planned handover; {Count(AnomalyKind.StaleReadOfKeptWrite)} of writes that were not lost)");
        text.AppendLine($"order {Count(AnomalyKind.OrderViolation)}, torn {Count(AnomalyKind.TornTransaction)}, refused but executed {Count(AnomalyKind.RefusedButExecuted)}, phantoms {Count(AnomalyKind.PhantomValue)}, two primaries {Count(AnomalyKind.TwoPrimaries)}, epoch went back {Count(AnomalyKind.EpochWentBack)}, primary of no epoch shown {Count(AnomalyKind.UnelectedPrimaryShown)}");
        foreach (var (outcome, index) in Faults.Select((outcome, index) => (outcome, index)))
        {
            text.AppendLine($"fault {index + 1} at {outcome.Fault.Began.TotalSeconds:F3} s: {outcome.Fault.Kind}{(outcome.Fault.Shard > 0 ? $" of shard {outcome.Fault.Shard}" : "")}, epoch {outcome.Fault.EpochBefore} to {outcome.Fault.EpochAfter}, {outcome.Fault.NodesEnded} nodes ended, "
                + $"first acknowledged write after {Milliseconds(outcome.FirstAcknowledged)}, longest pause {Milliseconds(outcome.LongestPause)}, Ready after {Milliseconds(outcome.UntilReady)}, "
                + $"lost {Count(AnomalyKind.LostWrite, index)}, unknown {outcome.UnknownFates}, refused {outcome.Refused}{(outcome.Fault.Note is { } note ? $" ({note})" : "")}");
        }

        foreach (var example in Examples)
        {
            text.AppendLine(example.ToString());
        }

        return text.ToString();
    }

    private static string Milliseconds(TimeSpan? time) => time is { } known ? $"{known.TotalMilliseconds:F0} ms" : "never";
}
