using Larder.Chaos.Checking;
using Larder.Chaos.Faults;
using Xunit;

namespace Larder.Chaos.Tests;

/// <summary>What each durability permits.</summary>
public sealed class VerdictTests
{
    [Theory]
    [InlineData(FaultKind.KillPrimary, Durability.Async, 1, true)]
    [InlineData(FaultKind.KillPrimary, Durability.Quorum, 1, false)]
    [InlineData(FaultKind.HangPrimaryLong, Durability.Async, 1, true)]
    [InlineData(FaultKind.KillDaemonAndPrimary, Durability.Quorum, 1, false)]
    [InlineData(FaultKind.KillNewPrimary, Durability.Quorum, 2, true)]
    [InlineData(FaultKind.KillReplica, Durability.Async, 1, false)]
    [InlineData(FaultKind.KillDaemon, Durability.Async, 0, false)]
    [InlineData(FaultKind.SlowReplica, Durability.Async, 0, false)]
    [InlineData(FaultKind.Handover, Durability.Async, 0, false)]
    [InlineData(FaultKind.Handover, Durability.Quorum, 0, false)]
    public void A_loss_is_allowed_only_where_the_durability_permits_it(FaultKind kind, Durability durability, int nodesEnded, bool allowed)
    {
        var report = new HistoryBuilder().Added(0, 1, 0).Fault(kind, 20, 30, nodesEnded: nodesEnded).Snapshot(100).Check();
        var breaches = Verdict.Breaches(report, durability, replicas: 1);
        Assert.Equal(allowed, breaches.IsEmpty);
        Assert.True(allowed || breaches.Single().Contains("LostWrite", StringComparison.Ordinal));
    }

    [Fact]
    public void A_second_replica_has_to_save_what_two_ended_nodes_held()
    {
        var report = new HistoryBuilder().Added(0, 1, 0).Fault(FaultKind.KillNewPrimary, 20, 30, nodesEnded: 2).Snapshot(100).Check();
        Assert.Empty(Verdict.Breaches(report, Durability.Quorum, replicas: 1));
        Assert.NotEmpty(Verdict.Breaches(report, Durability.Quorum, replicas: 2));
    }

    [Fact]
    public void A_loss_without_any_other_primary_is_never_allowed()
    {
        var report = new HistoryBuilder().Added(0, 1, 0).Fault(FaultKind.HangPrimaryShort, 20, 30, epochAfter: 1).Snapshot(100).Check();
        Assert.NotEmpty(Verdict.Breaches(report, Durability.Async, replicas: 1));
    }

    [Fact]
    public void A_loss_before_any_fault_is_never_allowed() =>
        Assert.NotEmpty(Verdict.Breaches(new HistoryBuilder().Added(0, 1, 0).Snapshot(100).Check(), Durability.Async, replicas: 1));

    [Fact]
    public void What_is_doubled_is_never_allowed()
    {
        var report = new HistoryBuilder().Appended(4, 1, 0).Fault(FaultKind.KillPrimary, 20, 30, nodesEnded: 1).Snapshot(100, list: [1, 1]).Check();
        Assert.Contains("DoubledWrite: 1", Verdict.Breaches(report, Durability.Async, replicas: 1));
    }

    [Fact]
    public void A_cache_that_does_not_come_back_or_acknowledges_nothing_has_proved_nothing()
    {
        var report = new HistoryBuilder().Fault(FaultKind.KillPrimary, 20, null).Snapshot(100).Check();
        Assert.Equal(2, Verdict.Breaches(report, Durability.Async, replicas: 1).Length);
    }
}
