using System.Collections.Immutable;
using CsCheck;
using Larder.Chaos.Checking;
using Larder.Chaos.Histories;
using Xunit;

namespace Larder.Chaos.Tests;

/// <summary>
/// Histories of a correct cache, made by executing random operations in the order of their turns, are never accused; with one fault planted into them
/// they always are, of that fault.
/// </summary>
public sealed class PlantedFaultTests
{
    private static readonly Gen<CorrectRun> Runs =
        Gen.Select(Gen.Int[0, CorrectRun.Clients - 1], Gen.Int[0, 9], Gen.Int[1, 30]).Array[30, 120].Select(turns => new CorrectRun(turns));

    [Fact]
    public void A_correct_history_has_no_anomaly() => Runs.Sample(run =>
    {
        var report = HistoryChecker.Check(run.Build());
        Assert.True(report.Counts.IsEmpty, $"A correct history was accused:\n{report}");
    });

    [Fact]
    public void A_lost_element_is_found() => Planted(
        AnomalyKind.LostWrite,
        (history, choice) => Pick(Elements(history, Fate.Executed), choice) is { } write
            ? Last(history, last => Edit(last, write.Operation.Key, values => values.Remove(write.Operation.Value), write.Operation.Counter, -1))
            : null);

    [Fact]
    public void A_doubled_element_is_found() => Planted(
        AnomalyKind.DoubledWrite,
        (history, choice) => Pick(Present(history, OperationKind.Append, OperationKind.AppendAndCount), choice) is { } write
            ? Last(history, last => Edit(last, write.Operation.Key, values => values.Insert(values.IndexOf(write.Operation.Value), write.Operation.Value), write.Operation.Counter, 1))
            : null);

    [Fact]
    public void A_refused_element_that_is_there_is_found() => Planted(
        AnomalyKind.RefusedButExecuted,
        (history, choice) => Pick(Elements(history, Fate.Refused), choice) is { } write
            ? Last(history, last => Edit(last, write.Operation.Key, values => values.Add(write.Operation.Value), write.Operation.Counter, 1))
            : null);

    [Fact]
    public void A_torn_transaction_is_found() => Planted(
        AnomalyKind.TornTransaction,
        (history, choice) => Pick([.. history.Invocations.Where(one => one.Operation.Kind == OperationKind.AppendAndCount)], choice) is { } write
            ? Last(history, last => last with { Integers = last.Integers.SetItem(write.Operation.Counter!, last.Integers[write.Operation.Counter!] + 1) })
            : null);

    [Fact]
    public void A_stale_read_is_found() => Planted(
        [AnomalyKind.StaleRead, AnomalyKind.StaleReadOfKeptWrite],
        (history, choice) =>
        {
            var acknowledged = history.Invocations.Where(one => one is { Operation.Kind: OperationKind.Write, Fate: Fate.Executed }).ToList();
            var read = Pick(
                [.. history.Invocations.Where(one => one is { Operation.Kind: OperationKind.Read, Fate: Fate.Executed }
                    && acknowledged.Any(write => write.Operation.Key == one.Operation.Key && write.Ended < one.Began))],
                choice);
            return read is null ? null : history with { Invocations = history.Invocations.Replace(read, read with { Reply = 0 }) };
        });

    [Fact]
    public void A_counter_that_jumps_is_found() => Planted(
        [AnomalyKind.DoubledWrite, AnomalyKind.RefusedButExecuted],
        (history, choice) => Pick([.. history.Invocations.Where(one => one.Operation.Kind == OperationKind.Increment)], choice) is { } increment
            ? Last(history, last => last with
            {
                Integers = last.Integers.SetItem(
                    increment.Operation.Key, history.Invocations.Count(one => one.Operation == increment.Operation && one.Fate != Fate.Refused) + 1),
            })
            : null);

    [Fact]
    public void A_list_out_of_order_is_found() => Planted(
        AnomalyKind.OrderViolation,
        (history, choice) =>
        {
            // The last of two neighbours of known fate, of which one was there before the other began, goes before the first.
            var appends = Elements(history, Fate.Executed).Where(one => one.Operation.Kind is OperationKind.Append).ToList();
            var pairs = appends.SelectMany(first => appends.Where(second => second.Operation.Key == first.Operation.Key && second.Began > first.Ended)
                .Select(second => (First: first, Second: second))).ToList();
            if (pairs.Count == 0)
            {
                return null;
            }

            var (first, second) = pairs[choice % pairs.Count];
            return Last(history, last => Edit(
                last,
                first.Operation.Key,
                values => values.Remove(second.Operation.Value).Insert(values.IndexOf(first.Operation.Value), second.Operation.Value),
                null,
                0));
        });

    private static void Planted(AnomalyKind expected, Func<RunHistory, int, RunHistory?> plant) => Planted([expected], plant);

    private static void Planted(AnomalyKind[] expected, Func<RunHistory, int, RunHistory?> plant)
    {
        var planted = 0;
        Gen.Select(Runs, Gen.Int[0, int.MaxValue]).Sample((run, choice) =>
        {
            if (plant(run.Build(), choice) is not { } history)
            {
                return;
            }

            Interlocked.Increment(ref planted);
            var report = HistoryChecker.Check(history);
            Assert.True(expected.Sum(report.Count) > 0, $"{string.Join(" or ", expected)} was planted, and not found:\n{report}");
            Assert.True(report.Counts.Keys.All(one => expected.Contains(one.Kind)), $"More than {string.Join(" or ", expected)} was found:\n{report}");
        });
        Assert.True(planted > 10, $"The fault was planted only {planted} times.");
    }

    private static ImmutableArray<Invocation> Elements(RunHistory history, Fate fate) => [.. history.Invocations.Where(
        one => one.Operation.Kind is OperationKind.Add or OperationKind.Append or OperationKind.AppendAndCount && one.Fate == fate)];

    private static ImmutableArray<Invocation> Present(RunHistory history, params OperationKind[] kinds) => [.. history.Invocations.Where(
        one => kinds.Contains(one.Operation.Kind) && history.Snapshots[^1].Collections[one.Operation.Key].Contains(one.Operation.Value))];

    private static Invocation? Pick(ImmutableArray<Invocation> from, int choice) => from.IsEmpty ? null : from[choice % from.Length];

    private static RunHistory Last(RunHistory history, Func<Snapshot, Snapshot> edit) =>
        history with { Snapshots = history.Snapshots.SetItem(history.Snapshots.Length - 1, edit(history.Snapshots[^1])) };

    private static Snapshot Edit(
        Snapshot snapshot, string key, Func<ImmutableArray<long>, ImmutableArray<long>> change, string? counter, long difference)
    {
        var edited = snapshot with { Collections = snapshot.Collections.SetItem(key, change(snapshot.Collections[key])) };
        return counter is null ? edited : edited with { Integers = edited.Integers.SetItem(counter, edited.Integers[counter] + difference) };
    }
}
