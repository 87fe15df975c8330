using Larder.Chaos.Checking;
using Larder.Chaos.Faults;
using Larder.Chaos.Running;
using Xunit;

namespace Larder.Chaos.Tests;

/// <summary>A short run against the real program; <c>bench/chaos</c> runs for longer, on all engines, with all faults.</summary>
[Collection("one installation at a time")]
public sealed class ShortRunTests
{
    [Fact]
    public async Task A_kill_a_hang_a_handover_and_a_killed_daemon_break_no_promise()
    {
        var seed = Environment.TickCount;
        var schedule = FaultSchedule.Create(
            seed, 4, [FaultKind.KillPrimary, FaultKind.HangPrimaryLong, FaultKind.Handover, FaultKind.KillDaemon]);
        var report = await ChaosRun.RunAsync(new ChaosOptions(RepositoryRoot.Program, schedule, seed), TestContext.Current.CancellationToken);
        var breaches = Verdict.Breaches(report, Durability.Async, replicas: 1);
        Assert.True(breaches.IsEmpty, $"Seed {seed}: {string.Join("; ", breaches)}\n{report}");

        // Whoever sees nothing proves nothing: every fault was survived by writes that were acknowledged after it.
        Assert.Equal(5, report.Faults.Length);
        Assert.All(report.Faults.Take(4), outcome => Assert.True(outcome.FirstAcknowledged is not null, $"Seed {seed}: no write after {outcome.Fault}\n{report}"));
        Assert.All(report.Faults, outcome => Assert.Equal(
            outcome.Fault.EpochBefore + (outcome.Fault.Kind.ChangesThePrimary() ? 1 : 0), outcome.Fault.EpochAfter));
        Assert.True(report.Reads > 0, $"Seed {seed}: nothing was read\n{report}");
    }
}
