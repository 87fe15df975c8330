using Larder.Backup.Snapshots;
using Larder.Controller;
using Larder.Model.Specs;
using Larder.Model.Status;
using Xunit;

namespace Larder.Integration.Tests;

/// <summary>What a snapshot is of: all that was acknowledged before it was asked for, whatever node writes it and whatever happens meanwhile.</summary>
public sealed class SnapshotTests
{
    public static TheoryData<EngineFamily> Families => [EngineFamily.Redis, EngineFamily.Valkey];

    [Theory]
    [MemberData(nameof(Families))]
    public async Task A_replica_that_does_not_catch_up_is_left_for_the_primary(EngineFamily family)
    {
        await using var controller = await StartAsync(family, replicas: 1, new AgentOptions { SnapshotCatchUp = TimeSpan.FromMilliseconds(200) });
        using var behind = await HoldUpReplicaAsync(controller, milliseconds: 600_000);
        await SetAsync(controller, 3);
        Assert.Equal(3, await ExportedAsync(controller));
        Assert.DoesNotContain("db0:", await behind.CallAsync("INFO keyspace"), StringComparison.Ordinal);
        Assert.Equal("+OK", await behind.CallAsync("CLIENT UNPAUSE"));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public async Task A_replica_that_lags_is_waited_for(EngineFamily family)
    {
        await using var controller = await StartAsync(family, replicas: 1, new AgentOptions { SnapshotCatchUp = TimeSpan.FromMinutes(5) });
        using var behind = await HoldUpReplicaAsync(controller, milliseconds: 1000);
        await SetAsync(controller, 3);
        Assert.Equal(3, await ExportedAsync(controller));
        Assert.Contains("db0:keys=3", await behind.CallAsync("INFO keyspace"), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public async Task Where_the_engine_gives_up_its_snapshot_because_of_FLUSHALL_another_one_is_taken(EngineFamily family)
    {
        await using var controller = await StartAsync(family, replicas: 0, new AgentOptions());
        await SetAsync(controller, 100);
        using var node = await controller.AdministerAsync("it", 0);
        Assert.Equal("+OK", await node.CallAsync("CONFIG SET rdb-key-save-delay 600000")); // microseconds a key: a minute
        var operation = await controller.ExportAsync("it", "out/");
        while (!(await node.CallAsync("INFO persistence")).Contains("rdb_bgsave_in_progress:1", StringComparison.Ordinal))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        Assert.Equal("+OK", await node.CallAsync("CONFIG SET rdb-key-save-delay 0"));
        Assert.Equal("+OK", await node.CallAsync("FLUSHALL"));
        await SetAsync(controller, 2);
        await controller.SucceedAsync(operation);
        Assert.InRange(Survey(controller), 0, 2); // The second one begins at once: of what there is then.
    }

    private static async Task<ControllerFixture> StartAsync(EngineFamily family, int replicas, AgentOptions options)
    {
        var controller = await ControllerFixture.StartAsync(options);
        await controller.CreateAsync(new CacheSpec
        {
            Name = "it",
            Engine = family,
            MemoryMb = 64,
            Redis = new RedisSpec { Capacity = 1, ReplicasPerPrimary = replicas },
        });
        await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready);
        return controller;
    }

    /// <summary>The replica answers, and applies nothing for a while.</summary>
    private static async Task<EngineSession> HoldUpReplicaAsync(ControllerFixture controller, int milliseconds)
    {
        var ready = await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready);
        var replica = await controller.AdministerAsync("it", ready.Shards[0].Nodes.Single(node => node.Role == NodeRole.Replica).Ordinal);
        Assert.Equal("+OK", await replica.CallAsync($"CLIENT PAUSE {milliseconds} WRITE")); // What its primary sends waits, too.
        return replica;
    }

    private static async Task SetAsync(ControllerFixture controller, int keys)
    {
        using var session = await EngineSession.OpenAsync(controller.Routes.Current.Caches[0].Primary!);
        for (var key = 0; key < keys; key++)
        {
            Assert.Equal("+OK", await session.CallAsync($"SET key:{key} value"));
        }
    }

    private static async Task<long> ExportedAsync(ControllerFixture controller)
    {
        await controller.SucceedAsync(await controller.ExportAsync("it", "out/"));
        return Survey(controller);
    }

    private static long Survey(ControllerFixture controller) => RdbDistribution.Survey(
        Path.Combine(controller.Home.StorageFolder("local"), "out", "shard-0000.rdb"), _ => { }, TestContext.Current.CancellationToken).Keys.Values.Sum();
}
