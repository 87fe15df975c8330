using Larder.Chaos.Checking;
using Larder.Chaos.Faults;

namespace Larder.Chaos.Running;

/// <summary>A report as a table for a page.</summary>
public static class MarkdownTable
{
    /// <summary>The table, a row for each kind of fault.</summary>
    /// <param name="report">What was found.</param>
    /// <param name="engine">The engine's name.</param>
    public static string Of(ChaosReport report, string engine)
    {
        var lines = new List<string>
        {
            "| engine | fault | times | acknowledged writes | lost | doubled | stale reads | unknown fates | first acknowledged write, median / worst (ms) | longest pause, median / worst (ms) | Ready again, median / worst (ms) |",
            "|---|---|---|---|---|---|---|---|---|---|---|",
        };
        foreach (var kind in report.Faults.GroupBy(outcome => outcome.Fault.Kind).OrderBy(group => group.Key))
        {
            lines.Add($"| {engine} | {Name(kind.Key)} | {kind.Count()} | {kind.Sum(one => one.AcknowledgedWrites)} | {report.Count(AnomalyKind.LostWrite, kind.Key)} "
                + $"| {report.Count(AnomalyKind.DoubledWrite, kind.Key)} | {report.Count(AnomalyKind.StaleRead, kind.Key) + report.Count(AnomalyKind.StaleReadOfKeptWrite, kind.Key)} "
                + $"| {kind.Sum(one => one.UnknownFates)} | {MedianAndWorst(kind.Select(one => one.FirstAcknowledged))} "
                + $"| {MedianAndWorst(kind.Select(one => one.LongestPause))} | {MedianAndWorst(kind.Select(one => one.UntilReady))} |");
        }

        return string.Join('\n', lines);
    }

    private static string MedianAndWorst(IEnumerable<TimeSpan?> times)
    {
        var known = times.OfType<TimeSpan>().Order().ToList();
        return known.Count == 0 ? "–" : $"{Median(known).TotalMilliseconds:F0} / {known[^1].TotalMilliseconds:F0}";
    }

    private static TimeSpan Median(List<TimeSpan> sorted) => (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;

    private static string Name(FaultKind kind) => kind switch
    {
        FaultKind.Handover => "planned handover",
        FaultKind.KillPrimary => "primary killed",
        FaultKind.KillReplica => "replica killed",
        FaultKind.HangPrimaryShort => "primary hung, shorter than the view",
        FaultKind.HangPrimaryLong => "primary hung, longer than the lease",
        FaultKind.KillDaemon => "daemon killed",
        FaultKind.KillDaemonAndPrimary => "daemon and primary killed",
        FaultKind.KillPrimaryDuringSync => "replica killed, then the primary in its full sync",
        FaultKind.KillPrimaryDuringSave => "replica killed, then the primary while it saves",
        FaultKind.KillNewPrimary => "primary killed, then the next one",
        FaultKind.SlowReplica => "slow replica",
        FaultKind.ScaleOut => "more shards",
        FaultKind.ScaleIn => "fewer shards",
        FaultKind.PauseScaling => "scaling paused and resumed",
        FaultKind.ChangeSetting => "another change of the spec",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "This kind has no name."),
    };
}
