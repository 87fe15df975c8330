using CsCheck;
using Larder.Chaos.Faults;
using Xunit;

namespace Larder.Chaos.Tests;

/// <summary>A schedule is its seed's.</summary>
public sealed class FaultScheduleTests
{
    [Fact]
    public void The_same_seed_gives_the_same_schedule() => Gen.Select(Gen.Int, Gen.Int[1, 40]).Sample((seed, rounds) =>
    {
        var kinds = FaultKinds.Of("redis");
        Assert.Equal(FaultSchedule.Create(seed, rounds, kinds), FaultSchedule.Create(seed, rounds, kinds));
    });

    [Fact]
    public void A_seed_gives_the_schedule_that_it_gave_in_other_releases() => Assert.Equal(
        ["after 1005 ms KillPrimaryDuringSync", "after 1034 ms KillReplica", "after 1357 ms HangPrimaryShort for 456 ms", "after 1195 ms Handover"],
        FaultSchedule.Create(42, 4, FaultKinds.Of("redis")).Select(fault => $"{fault}"));

    [Fact]
    public void Other_seeds_give_other_schedules() => Assert.Equal(
        20, Enumerable.Range(1, 20).Select(seed => string.Join(", ", FaultSchedule.Create(seed, 8, FaultKinds.Of("redis")))).Distinct().Count());

    [Fact]
    public void Each_kind_comes_once_before_one_comes_again() => Gen.Int.Sample(seed =>
    {
        var kinds = FaultKinds.Of("redis");
        var schedule = FaultSchedule.Create(seed, kinds.Length * 2, kinds);
        Assert.Equal(kinds, schedule.Take(kinds.Length).Select(fault => fault.Kind).Order());
        Assert.Equal(kinds, schedule.Skip(kinds.Length).Select(fault => fault.Kind).Order());
    });

    [Fact]
    public void Garnet_has_no_child_that_saves() =>
        Assert.Equal([FaultKind.KillPrimaryDuringSave], FaultKinds.Of("valkey").Except(FaultKinds.Of("garnet")));
}
