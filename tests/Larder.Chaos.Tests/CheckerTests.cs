using Larder.Chaos.Checking;
using Larder.Chaos.Faults;
using Larder.Chaos.Histories;
using Xunit;

namespace Larder.Chaos.Tests;

/// <summary>Histories written by hand: each fault is found as what it is, and nothing else is; what a correct cache can show is never accused.</summary>
public sealed class CheckerTests
{
    [Fact]
    public void A_clean_history_has_no_anomaly()
    {
        var report = new HistoryBuilder()
            .Added(0, 1, 0).Added(0, 2, 10)
            .Appended(4, 11, 0).Appended(5, 12, 2).Transacted(4, 13, 20)
            .Wrote(1, 0).Read(1, 10).Wrote(2, 20).Read(2, 30)
            .Counted(1, 0).Counted(2, 10)
            .Saw(0, 1, 0).Saw(10, 1).Saw(20, 2, 1)
            .Snapshot(100, [2, 1], [12, 11, 13], register: 2, counter: 2, transactions: 1)
            .Check();
        Assert.Empty(report.Counts);
        Assert.Equal((9, 2, 0), (report.AcknowledgedWrites, report.Reads, report.UnknownWrites));
    }

    [Fact]
    public void Whatever_an_unknown_fate_becomes_is_allowed_but_told()
    {
        var report = new HistoryBuilder()
            .Added(0, 1, 0, Fate.Unknown).Added(0, 2, 10, Fate.Unknown)
            .Appended(4, 11, 0, Fate.Unknown).Appended(4, 12, 10).Transacted(4, 13, 20, Fate.Unknown)
            .Wrote(1, 0).Wrote(2, 10, Fate.Unknown).Read(1, 20).Read(2, 30).Wrote(3, 40)
            .Counted(1, 0).Counted(0, 10, Fate.Unknown).Counted(0, 20, Fate.Unknown).Counted(3, 30)
            .Snapshot(100, [2], [12, 11, 13], register: 3, counter: 4, transactions: 1)
            .Check();
        Assert.Empty(report.Counts);
        Assert.Equal(7, report.UnknownWrites);

        // 2 of the set, 11 and 13 of the list, 2 of the register, both of the counter: the late one, too.
        Assert.Equal(6, report.UnknownButExecuted);
    }

    [Fact]
    public void An_acknowledged_element_that_is_gone_is_lost_and_blamed_on_the_fault_before_it_was_missed()
    {
        var report = new HistoryBuilder()
            .Added(0, 1, 0).Appended(4, 11, 0)
            .Fault(FaultKind.Handover, 20, 30).Snapshot(40, [1], [11])
            .Fault(FaultKind.KillPrimary, 50, 60).Snapshot(70, [], [])
            .Fault(FaultKind.Handover, 80, 90).Snapshot(100, [], [])
            .Check();
        Only(report, AnomalyKind.LostWrite, 2);
        Assert.Equal(2, report.Count(AnomalyKind.LostWrite, FaultKind.KillPrimary));
    }

    [Fact]
    public void An_element_that_is_missed_and_comes_back_was_not_lost_but_read_from_a_wrong_place() => Only(
        new HistoryBuilder().Added(0, 1, 0).Snapshot(40).Snapshot(100, [1]).Check(), AnomalyKind.StaleReadOfKeptWrite, 1);

    [Fact]
    public void An_element_twice_is_doubled() => Only(
        new HistoryBuilder().Appended(4, 11, 0).Appended(4, 12, 10).Snapshot(40, list: [11, 12]).Snapshot(100, list: [11, 12, 11]).Check(),
        AnomalyKind.DoubledWrite, 1);

    [Fact]
    public void Also_one_of_unknown_fate_may_not_be_there_twice() => Only(
        new HistoryBuilder().Appended(4, 11, 0, Fate.Unknown).Snapshot(100, list: [11, 11, 11]).Check(), AnomalyKind.DoubledWrite, 2);

    [Fact]
    public void A_unique_element_that_was_in_the_set_already_is_doubled() => Only(
        new HistoryBuilder().Added(0, 1, 0, reply: 0).Snapshot(100, [1]).Check(), AnomalyKind.DoubledWrite, 1);

    [Theory]
    [InlineData(5, 1)]
    [InlineData(6, 2)]
    public void A_counter_above_what_was_asked_for_is_doubled(long last, long expected) => Only(
        new HistoryBuilder().Counted(1, 0).Counted(0, 10, Fate.Unknown).Counted(3, 20).Counted(last, 30).Snapshot(100, counter: last).Check(),
        AnomalyKind.DoubledWrite, expected);

    [Fact]
    public void A_counter_that_only_rises_at_the_end_is_doubled() => Only(
        new HistoryBuilder().Counted(1, 0).Snapshot(100, counter: 2).Check(), AnomalyKind.DoubledWrite, 1);

    [Fact]
    public void A_counter_that_falls_has_lost_what_was_acknowledged_and_not_what_was_unknown() => Only(
        new HistoryBuilder().Counted(1, 0).Counted(0, 10, Fate.Unknown).Counted(3, 20).Counted(2, 30).Snapshot(100, counter: 2).Check(),
        AnomalyKind.LostWrite, 1);

    [Fact]
    public void A_refused_increment_that_counts_is_told_apart_from_a_doubled_one() => Only(
        new HistoryBuilder().Counted(1, 0).Counted(0, 10, Fate.Refused).Counted(3, 20).Snapshot(100, counter: 3).Check(),
        AnomalyKind.RefusedButExecuted, 1);

    [Fact]
    public void A_refused_element_that_is_there_was_executed() => Only(
        new HistoryBuilder().Added(0, 1, 0, Fate.Refused).Snapshot(100, [1]).Check(), AnomalyKind.RefusedButExecuted, 1);

    [Fact]
    public void A_refused_value_that_is_read_was_executed() => Only(
        new HistoryBuilder().Wrote(1, 0).Wrote(2, 10, Fate.Refused).Read(2, 20).Wrote(3, 30).Snapshot(100, register: 3).Check(),
        AnomalyKind.RefusedButExecuted, 1);

    [Fact]
    public void A_value_older_than_one_acknowledged_before_the_read_is_stale()
    {
        var report = new HistoryBuilder()
            .Wrote(1, 0).Wrote(2, 10)
            .Fault(FaultKind.Handover, 15, 17)
            .Read(1, 20).Wrote(3, 30).Snapshot(100, register: 3).Check();
        Only(report, AnomalyKind.StaleRead, 1);
        Assert.Equal((1, 1), (report.StaleReads, report.StaleReadsAfterHandover));
    }

    [Fact]
    public void A_read_beside_the_write_may_return_either_value() => Assert.Empty(
        new HistoryBuilder().Wrote(1, 0).Wrote(2, 10).Read(1, 15).Read(1, 14).Read(2, 12).Snapshot(100, register: 2).Check().Counts);

    [Fact]
    public void A_stale_read_of_what_is_read_again_later_was_no_loss() => Only(
        new HistoryBuilder().Wrote(1, 0).Wrote(2, 10).Read(1, 20).Read(2, 30).Wrote(3, 40).Snapshot(100, register: 3).Check(),
        AnomalyKind.StaleReadOfKeptWrite, 1);

    [Fact]
    public void A_late_write_of_unknown_fate_does_not_prove_that_others_were_kept() => Only(
        new HistoryBuilder().Wrote(1, 0).Wrote(2, 10, Fate.Unknown).Wrote(3, 20).Read(1, 30).Read(2, 40).Wrote(4, 50).Snapshot(100, register: 4).Check(),
        AnomalyKind.StaleRead, 2);

    [Fact]
    public void A_stale_read_is_blamed_on_the_fault_that_it_waited_through()
    {
        var report = new HistoryBuilder()
            .Fault(FaultKind.Handover, 2, 4).Wrote(1, 5).Wrote(2, 10).Fault(FaultKind.KillPrimary, 22, 40)
            .Read(1, 20, length: 15).Wrote(3, 50).Snapshot(100, register: 3).Check();
        Assert.Equal((1, 0), (report.Count(AnomalyKind.StaleRead, 1), report.StaleReadsAfterHandover));
    }

    [Fact]
    public void A_register_that_ends_below_what_was_acknowledged_has_lost()
    {
        var report = new HistoryBuilder().Wrote(1, 0).Wrote(2, 10).Wrote(3, 20).Snapshot(100, register: 1).Check();
        Assert.Equal(2, report.Count(AnomalyKind.LostWrite));
    }

    [Fact]
    public void A_list_keeps_the_order_of_a_client() => Only(
        new HistoryBuilder().Appended(4, 11, 0).Appended(4, 12, 10).Snapshot(100, list: [12, 11]).Check(), AnomalyKind.OrderViolation, 1);

    [Fact]
    public void A_list_keeps_the_order_of_time_between_clients() => Only(
        new HistoryBuilder().Appended(4, 11, 0).Appended(5, 12, 10).Snapshot(100, list: [12, 11]).Check(), AnomalyKind.OrderViolation, 1);

    [Fact]
    public void Appends_at_the_same_time_may_stand_in_either_order() => Assert.Empty(
        new HistoryBuilder().Appended(4, 11, 0).Appended(5, 12, 3).Snapshot(100, list: [12, 11]).Check().Counts);

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void A_counter_that_is_not_the_number_of_its_elements_tells_of_a_torn_transaction(long counter) => Only(
        new HistoryBuilder().Appended(4, 11, 0).Transacted(4, 12, 10).Snapshot(100, list: [11, 12], transactions: counter).Check(),
        AnomalyKind.TornTransaction, 1);

    [Fact]
    public void A_transaction_that_is_lost_whole_is_lost_and_not_torn() => Only(
        new HistoryBuilder().Transacted(4, 12, 10).Snapshot(100).Check(), AnomalyKind.LostWrite, 1);

    [Fact]
    public void A_value_of_nobody_is_a_phantom()
    {
        var report = new HistoryBuilder().Added(0, 1, 0).Wrote(1, 0).Read(7, 10).Snapshot(100, [1, 99], register: 1).Check();
        Assert.Equal(2, report.Count(AnomalyKind.PhantomValue));
    }

    [Fact]
    public void Two_primaries_in_one_epoch_are_found_at_one_moment_and_at_two()
    {
        Only(new HistoryBuilder().Added(0, 1, 0).Saw(0, 1, 0, 1).Snapshot(100, [1]).Check(), AnomalyKind.TwoPrimaries, 1);
        Only(new HistoryBuilder().Added(0, 1, 0).Saw(0, 1, 0).Saw(5, 1).Saw(10, 1, 1).Snapshot(100, [1]).Check(), AnomalyKind.TwoPrimaries, 1);
    }

    [Fact]
    public void An_epoch_that_falls_is_found_and_a_daemon_that_knows_none_yet_is_not_accused() => Only(
        new HistoryBuilder().Added(0, 1, 0).Saw(0, 0, 0).Saw(1, 2, 0).Saw(5, 0).Saw(10, 1, 0).Snapshot(100, [1]).Check(), AnomalyKind.EpochWentBack, 1);

    [Fact]
    public void A_primary_without_an_epoch_is_told_where_there_was_an_epoch_before() => Only(
        new HistoryBuilder().Added(0, 1, 0).Saw(0, 2, 1).Saw(5, 0, 0).Saw(10, 2, 1).Snapshot(100, [1]).Check(), AnomalyKind.UnelectedPrimaryShown, 1);

    [Fact]
    public void A_history_without_a_last_snapshot_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new HistoryBuilder().Added(0, 1, 0).Check());
        Assert.Throws<ArgumentException>(() => new HistoryBuilder().Snapshot(10, [1]).Added(0, 1, 8).Check());
    }

    [Fact]
    public void Times_are_from_the_blow_to_the_first_write_that_began_after_it()
    {
        var outcome = Assert.Single(new HistoryBuilder()
            .Added(0, 1, 0).Added(0, 2, 19).Added(0, 3, 22, Fate.Unknown).Added(0, 4, 60, Fate.Refused).Added(0, 5, 95)
            .Fault(FaultKind.KillPrimary, 20, 150).Snapshot(200, [1, 2, 5]).Check().Faults);
        Assert.Equal((HistoryBuilder.At(80), HistoryBuilder.At(76), HistoryBuilder.At(130)), (outcome.FirstAcknowledged, outcome.LongestPause, outcome.UntilReady));
        Assert.Equal((2, 1, 1), (outcome.AcknowledgedWrites, outcome.UnknownFates, outcome.Refused));
    }

    private static void Only(ChaosReport report, AnomalyKind kind, long count)
    {
        Assert.True(report.Counts.Keys.All(one => one.Kind == kind) && report.Count(kind) == count, $"Expected only {count} {kind}:\n{report}");
        Assert.Contains(report.Examples, one => one.Kind == kind);
    }
}
