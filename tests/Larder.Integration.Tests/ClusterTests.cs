using System.Diagnostics;
using Larder.Model.Clusters;
using Larder.Model.Specs;
using Larder.Model.Status;
using Xunit;

namespace Larder.Integration.Tests;

/// <summary>Clustered caches against real engines: formation, one shard's failure, a daemon that comes back.</summary>
public sealed class ClusterTests
{
    public static TheoryData<EngineFamily> Families => [EngineFamily.Redis, EngineFamily.Valkey];

    [Theory]
    [MemberData(nameof(Families))]
    public async Task A_spec_with_shards_becomes_a_cluster_that_all_its_nodes_agree_on(EngineFamily family)
    {
        await using var controller = await ControllerFixture.StartAsync();
        await controller.CreateAsync(Spec(family, shards: 3));
        var ready = await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready);
        Assert.Equal(["0-5461", "5462-10922", "10923-16383"], ready.Shards.Select(shard => shard.Slots));
        var route = controller.Routes.Current.Caches[0];
        Assert.True(route.IsClustered);
        Assert.Null(route.Primary);
        Assert.Equal(SlotRange.Slots, route.Shards.Sum(shard => shard.Slots.Sum(range => range.Count)));
        Assert.All(route.Shards, shard => Assert.Equal(2, shard.Nodes.Length));
        Assert.Equal(Enumerable.Range(0, 6), route.Listen.Where(endpoint => endpoint.Port >= 15000).Select(endpoint => endpoint.NodeOrdinal!.Value).Distinct());

        // A key of another shard's is refused with that shard's address, as the route has it.
        var other = route.Shards[2].Nodes.Single(node => node.Role == NodeRole.Primary);
        using var first = await EngineSession.OpenAsync(route.Shards[0].Primary!);
        Assert.Equal($"-MOVED 15495 {other.ReplicationAddress}:{other.ReplicationPort}", await first.CallAsync("SET a 1"));
        using var third = await EngineSession.OpenAsync(route.Shards[2].Primary!);
        Assert.Equal("+OK", await third.CallAsync("SET a 1"));
        Assert.Equal(other.EngineNodeId, await third.CallAsync("CLUSTER MYID"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_killed_primary_is_replaced_while_the_other_shards_go_on(int shards)
    {
        await using var controller = await ControllerFixture.StartAsync();
        await controller.CreateAsync(Spec(EngineFamily.Redis, shards));
        var ready = await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready);
        var last = shards - 1;
        var killed = Primary(ready, last);
        var before = controller.Routes.Current.Caches[0];
        using (var session = await EngineSession.OpenAsync(before.Shards[last].Primary!))
        {
            Assert.Equal("+OK", await session.CallAsync("SET a 1"));
            Assert.Equal(":1", await session.CallAsync("WAIT 1 10000"));
        }

        Process.GetProcessById(killed.Pid!.Value).Kill();
        var over = await controller.WaitAsync("it", "failed over and whole again", status => status.Shards[last].Epoch == 2 && status.State == CacheState.Ready);
        Assert.NotEqual(killed.Ordinal, Primary(over, last).Ordinal);
        Assert.All(over.Shards.Take(last), shard => Assert.Equal(1, shard.Epoch));
        var after = controller.Routes.Current.Caches[0];
        Assert.Equal(before.Shards.Select(shard => shard.Slots), after.Shards.Select(shard => shard.Slots));
        using var promoted = await EngineSession.OpenAsync(after.Shards[last].Primary!);
        Assert.Equal("1", await promoted.CallAsync("GET a"));
    }

    [Fact]
    public async Task All_processes_killed_at_once_come_back_with_their_slots_and_their_data()
    {
        await using var controller = await ControllerFixture.StartAsync();
        await controller.CreateAsync(Spec(EngineFamily.Redis, shards: 2) with
        {
            Redis = new RedisSpec { RedisVersion = "latest", Capacity = 1, ReplicasPerPrimary = 1, Persistence = PersistenceMode.Aof },
        });
        var ready = await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready);
        using (var session = await EngineSession.OpenAsync(controller.Routes.Current.Caches[0].Shards[1].Primary!))
        {
            Assert.Equal("+OK", await session.CallAsync("SET a 1"));
            Assert.Equal(":1", await session.CallAsync("WAIT 1 10000"));
        }

        await controller.AbandonControllerAsync();
        foreach (var node in ready.Shards.SelectMany(shard => shard.Nodes))
        {
            Process.GetProcessById(node.Pid!.Value).Kill();
        }

        await controller.StartControllerAsync();
        var again = await controller.WaitAsync("it", "Ready again", status => status.Shards.All(shard => shard.Epoch == 2) && status.State == CacheState.Ready);
        Assert.Equal(ready.Shards.Select(shard => shard.Slots), again.Shards.Select(shard => shard.Slots));
        using var primary = await EngineSession.OpenAsync(controller.Routes.Current.Caches[0].Shards[1].Primary!);
        Assert.Equal("1", await primary.CallAsync("GET a"));
    }

    internal static CacheSpec Spec(EngineFamily family, int shards) => new()
    {
        Name = "it",
        Engine = family,
        MemoryMb = 64,
        Redis = new RedisSpec { RedisVersion = "latest", Capacity = 1, ReplicasPerPrimary = 1, Persistence = PersistenceMode.Disabled },
        Cluster = new ClusterSpec { EnableCluster = true, ShardCount = shards },
    };

    private static NodeStatus Primary(CacheStatus status, int shard) => status.Shards[shard].Nodes.Single(node => node.Role == NodeRole.Primary);
}
