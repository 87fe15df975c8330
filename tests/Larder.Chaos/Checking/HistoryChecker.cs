using Larder.Chaos.Histories;

namespace Larder.Chaos.Checking;

/// <summary>Decides what a history proves against the cache. It accuses only of what no correct cache could have shown.</summary>
public static class HistoryChecker
{
    /// <summary>Checks a history.</summary>
    /// <param name="history">What was seen. Its last snapshot began after every operation had ended and holds every key that was used.</param>
    /// <returns>What was found.</returns>
    /// <exception cref="ArgumentException">The history has no such snapshot, so that nothing can be said of what is missing.</exception>
    public static ChaosReport Check(RunHistory history)
    {
        var invocations = history.Invocations;
        if (history.Snapshots.IsEmpty || invocations.Any(one => one.Ended >= history.Snapshots[^1].Began))
        {
            throw new ArgumentException("The history does not end with a snapshot that began after all operations had ended.", nameof(history));
        }

        var findings = new Findings(history.Faults);
        foreach (var key in ByKey(OperationKind.Add))
        {
            CollectionCheck.Run(key.Key, [.. key], history.Snapshots, findings);
        }

        foreach (var key in ByKey(OperationKind.Append, OperationKind.AppendAndCount))
        {
            CollectionCheck.Run(key.Key, [.. key], history.Snapshots, findings);
            ListOrderCheck.Run(key.Key, [.. key], history.Snapshots, findings);
        }

        foreach (var key in ByKey(OperationKind.Write, OperationKind.Read))
        {
            RegisterCheck.Run(key.Key, [.. key], history.Snapshots, findings);
        }

        foreach (var key in ByKey(OperationKind.Increment))
        {
            CounterCheck.Run(key.Key, [.. key], history.Snapshots, findings);
        }

        foreach (var counter in invocations.Where(one => one.Operation.Kind == OperationKind.AppendAndCount).GroupBy(one => one.Operation.Counter!))
        {
            TransactionCheck.Run(counter.Key, [.. counter], history.Snapshots, findings);
        }

        EpochCheck.Run(history.Samples, findings);
        return new ChaosReport(
            Writes(Fate.Executed),
            Writes(Fate.Refused),
            Writes(Fate.Unknown),
            findings.UnknownButExecuted,
            invocations.LongCount(one => !one.Operation.IsWrite && one.Fate == Fate.Executed),
            invocations.LongCount(one => !one.Operation.IsWrite && one.Fate != Fate.Executed),
            findings.Counts,
            findings.Examples,
            [.. FaultOutcome.Of(history)]);

        IEnumerable<IGrouping<string, Invocation>> ByKey(params OperationKind[] kinds) =>
            invocations.Where(one => kinds.Contains(one.Operation.Kind)).GroupBy(one => one.Operation.Key);

        long Writes(Fate fate) => invocations.LongCount(one => one.Operation.IsWrite && one.Fate == fate);
    }
}
