using System.Diagnostics;
using Larder.Controller;
using Larder.Model.Events;
using Larder.Model.Operations;
using Larder.Model.Specs;
using Larder.Model.Status;
using Xunit;

namespace Larder.Integration.Tests;

/// <summary>Shards that are added and removed with data in them, against real engines.</summary>
public sealed class ScalingTests
{
    private const int Keys = 3000;

    [Theory]
    [InlineData(EngineFamily.Redis, 3, 2)]
    [InlineData(EngineFamily.Valkey, 3)]
    public async Task Shards_come_and_go_and_every_key_stays_with_its_time_to_live(EngineFamily family, params int[] counts)
    {
        await using var controller = await ControllerFixture.StartAsync();
        await controller.CreateAsync(ClusterTests.Spec(family, shards: 2));
        await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready);
        using (var data = new ClusterData(controller, "it"))
        {
            await data.FillAsync(Keys);
            Assert.All(
                await data.CallAllAsync("FUNCTION LOAD \"#!lua name=books\\nredis.register_function('title', function() return 'Emma' end)\""),
                answer => Assert.Equal("books", answer));
        }

        foreach (var shards in counts)
        {
            // As after many changes in a row: epochs that not all have heard of, some of them the same.
            foreach (var primary in controller.Routes.Current.Caches[0].Shards.Select(shard => shard.Primary!))
            {
                using var session = await controller.AdministerAsync("it", primary.NodeOrdinal);
                Assert.Matches("^[+](BUMPED|STILL) ", await session.CallAsync("CLUSTER BUMPEPOCH"));
            }

            var operation = await controller.ScaleAsync("it", shards);
            Assert.Equal(OperationState.Succeeded, await controller.EndOfAsync(operation, seconds: 90));
            var scaled = await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready);
            Assert.Equal(Enumerable.Range(0, shards), scaled.Shards.Select(shard => shard.Id));
            Assert.Equal(shards, Directory.GetDirectories(Path.Combine(controller.Home.CacheFolder("it"), "nodes")).Length / 2);
            using var data = new ClusterData(controller, "it");
            await data.CheckAsync(Keys);
            var titles = await data.CallAllAsync("FCALL title 0");
            Assert.Equal(Enumerable.Repeat("Emma", shards), titles);
        }
    }

    [Fact]
    public async Task Shards_without_room_for_the_rest_give_back_what_they_got_and_the_cache_is_as_before()
    {
        const int large = 800;
        await using var controller = await ControllerFixture.StartAsync();
        await controller.CreateAsync(ClusterTests.Spec(EngineFamily.Redis, shards: 2));
        await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready);
        using (var data = new ClusterData(controller, "it"))
        {
            // 64 MB in two shards that take 51.2 MiB each.
            for (var key = 0; key < large; key++)
            {
                Assert.Equal(":80000", await data.CallAsync($"SETRANGE large:{key} 79999 x"));
            }
        }

        var operation = await controller.ScaleAsync("it", 1);
        Assert.Equal(OperationState.Failed, await controller.EndOfAsync(operation, seconds: 90));
        var before = await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready);
        Assert.Equal(2, before.Shards.Length);
        Assert.Contains("OOM", Assert.Single(controller.Journal.Events, happened => happened.Kind == EventKind.ScalingUndone).Message, StringComparison.Ordinal);
        using var after = new ClusterData(controller, "it");
        for (var key = 0; key < large; key++)
        {
            Assert.Equal(":80000", await after.CallAsync($"STRLEN large:{key}"));
        }
    }

    [Fact]
    public async Task A_change_that_takes_longer_than_operations_may_succeeds()
    {
        await using var controller = await ControllerFixture.StartAsync();
        await controller.CreateAsync(ClusterTests.Spec(EngineFamily.Redis, shards: 1));
        await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready);
        using (var data = new ClusterData(controller, "it"))
        {
            await data.FillAsync(Keys);
        }

        var operation = await controller.ScaleAsync("it", 3);
        await controller.WaitAsync("it", "moving slots", status => status.Scaling is { Percent: > 50 });
        controller.Time.Advance(new AgentOptions().OperationDeadline + TimeSpan.FromMinutes(1));
        await controller.SucceedAsync(operation);
        await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready);
    }

    [Fact]
    public async Task Slots_go_on_moving_after_the_source_has_failed_and_after_the_daemon_was_killed()
    {
        await using var controller = await ControllerFixture.StartAsync();
        await controller.CreateAsync(ClusterTests.Spec(EngineFamily.Redis, shards: 1));
        var ready = await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready);
        using (var data = new ClusterData(controller, "it"))
        {
            await data.FillAsync(Keys);
        }

        var operation = await controller.ScaleAsync("it", 2);
        await controller.WaitForClusterAsync("it", cluster => cluster.Shards.GetValueOrDefault(1, "").Length > 0 && !cluster.Moves.IsEmpty);
        Process.GetProcessById(ready.Shards[0].Nodes.Single(node => node.Role == NodeRole.Primary).Pid!.Value).Kill();
        await controller.WaitAsync("it", "failed over", status => status.Shards[0].Epoch == 2);
        await controller.AbandonControllerAsync();
        await controller.StartControllerAsync();
        Assert.Equal(OperationState.Succeeded, await controller.EndOfAsync(operation, seconds: 90));
        using var checker = new ClusterData(controller, "it");
        await checker.CheckAsync(Keys);
    }
}
