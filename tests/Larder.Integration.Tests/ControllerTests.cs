using System.Diagnostics;
using Larder.Model.Events;
using Larder.Model.Operations;
using Larder.Model.Specs;
using Larder.Model.Status;
using Xunit;

namespace Larder.Integration.Tests;

/// <summary>The controller against real engines: creation, fail-over, adoption, deletion.</summary>
public sealed class ControllerTests
{
    public static TheoryData<EngineFamily> Families => [EngineFamily.Redis, EngineFamily.Valkey, EngineFamily.Garnet];

    [Theory]
    [MemberData(nameof(Families))]
    public async Task A_spec_becomes_a_ready_cache_and_a_killed_primary_is_replaced(EngineFamily family)
    {
        await using var controller = await ControllerFixture.StartAsync();
        var operation = await controller.CreateAsync(Spec(family));
        var ready = await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready);
        Assert.Equal(1, ready.Shards[0].Epoch);
        Assert.Equal(OperationState.Succeeded, await controller.EndOfAsync(operation));
        var primary = Primary(ready);
        Assert.Equal(primary.Ordinal, controller.Routes.Current.Caches[0].Primary!.NodeOrdinal);

        Process.GetProcessById(primary.Pid!.Value).Kill();
        var over = await controller.WaitAsync("it", "failed over", status => status.Shards[0].Epoch == 2 && status.State == CacheState.Ready);
        Assert.NotEqual(primary.Ordinal, Primary(over).Ordinal);
        Assert.Equal(2, controller.Routes.Current.Caches[0].Primary!.Epoch);
        Assert.Equal(
            [EventKind.NodeEnded, EventKind.PrimaryLost, EventKind.PrimaryPromoted],
            controller.Journal.Events.SkipWhile(happened => happened.Kind != EventKind.CacheCreated)
                .Select(happened => happened.Kind)
                .Where(kind => kind is EventKind.NodeEnded or EventKind.PrimaryLost or EventKind.PrimaryPromoted));
        var promoted = controller.Journal.Events.Last(happened => happened.Kind == EventKind.PrimaryPromoted);
        Assert.Equal((0, Primary(over).Ordinal, 2L), (promoted.Shard, promoted.Node, promoted.Epoch));
    }

    [Fact]
    public async Task An_abandoned_cache_is_adopted_in_the_same_epoch_with_the_same_processes()
    {
        await using var controller = await ControllerFixture.StartAsync();
        await controller.CreateAsync(Spec(EngineFamily.Redis));
        var before = await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready);
        await controller.AbandonControllerAsync();
        Assert.All(before.Shards[0].Nodes, node => Assert.False(Process.GetProcessById(node.Pid!.Value).HasExited));

        await controller.StartControllerAsync();
        var after = await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready);
        Assert.Equal(before.Shards[0].Epoch, after.Shards[0].Epoch);
        Assert.Equal(before.Shards[0].Nodes.Select(node => node.Pid), after.Shards[0].Nodes.Select(node => node.Pid));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public async Task Engines_whose_daemon_died_before_it_could_note_them_are_adopted_too(EngineFamily family)
    {
        await using var controller = await ControllerFixture.StartAsync();
        await controller.CreateAsync(Spec(family));
        var before = await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready);
        await controller.AbandonControllerAsync();
        foreach (var node in before.Shards[0].Nodes)
        {
            var folder = controller.Home.NodeFolder("it", node.Ordinal);
            File.Delete(Path.Combine(folder, "process.json"));
            using var erase = Process.Start("truncate", ["-s", "0", Path.Combine(folder, "data", ".lock")]);
            await erase.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, erase.ExitCode);
        }

        await controller.StartControllerAsync();
        var after = await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready);
        Assert.Equal(before.Shards[0].Nodes.Select(node => node.Pid), after.Shards[0].Nodes.Select(node => node.Pid));
    }

    [Fact]
    public async Task The_gateways_view_lapses_before_the_lease_when_the_primary_hangs()
    {
        await using var controller = await ControllerFixture.StartAsync();
        await controller.CreateAsync(Spec(EngineFamily.Redis));
        var ready = await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready);
        var route = controller.Routes.Current.Caches[0].Primary!;
        using var hang = Process.Start("kill", ["-STOP", $"{Primary(ready).Pid}"]);
        var over = await controller.WaitAsync("it", "failed over", status => status.Shards[0].Epoch == 2);
        Assert.False(route.ViewDeadline.IsFresh(TimeProvider.System.GetTimestamp()));
        Assert.Equal(2, over.Shards[0].Epoch);
    }

    [Fact]
    public async Task Three_replicas_all_follow_the_one_that_was_promoted()
    {
        await using var controller = await ControllerFixture.StartAsync();
        var spec = Spec(EngineFamily.Redis);
        await controller.CreateAsync(spec with { Redis = spec.Redis with { ReplicasPerPrimary = 3 } });
        var ready = await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready);
        Assert.Equal(4, ready.Shards[0].Nodes.Length);
        Process.GetProcessById(Primary(ready).Pid!.Value).Kill();
        var over = await controller.WaitAsync("it", "whole again", status => status.Shards[0].Epoch == 2 && status.State == CacheState.Ready);
        Assert.Single(over.Shards[0].Nodes, node => node.Role == NodeRole.Primary);
    }

    private static NodeStatus Primary(CacheStatus status) => status.Shards[0].Nodes.Single(node => node.Role == NodeRole.Primary);

    private static CacheSpec Spec(EngineFamily family) => new()
    {
        Name = "it",
        Engine = family,
        MemoryMb = 64,
        Redis = new RedisSpec { Capacity = 1, ReplicasPerPrimary = 1 },
    };
}
