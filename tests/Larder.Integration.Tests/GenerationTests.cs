using System.Diagnostics;
using Larder.Model.Events;
using Larder.Model.Operations;
using Larder.Model.Specs;
using Larder.Model.Status;
using Xunit;

namespace Larder.Integration.Tests;

/// <summary>Who may become the primary where not everybody has the newest data, and what happens to what only the old primary had. Real engines.</summary>
public sealed class GenerationTests
{
    [Theory]
    [InlineData(EngineFamily.Redis)]
    [InlineData(EngineFamily.Valkey)]
    public async Task A_stale_replica_does_not_win_and_the_primary_that_comes_back_does(EngineFamily family)
    {
        await using var controller = await ControllerFixture.StartAsync();
        var primary = await StaleReplica.LeaveAloneAsync(controller, family);
        var waiting = await controller.WaitAsync(
            "it", "waiting for the newest", status => status.Message.Contains($"waiting for node {primary} to come back", StringComparison.Ordinal));
        Assert.Contains("larder failover it --force", waiting.Message, StringComparison.Ordinal);
        Assert.Equal(1, waiting.Shards[0].Epoch);
        Assert.Null(controller.Routes.Current.Caches[0].Primary);

        StaleReplica.GiveBackData(controller, primary);
        var over = await controller.WaitAsync("it", "Ready", status => IsWhole(status, 2));
        Assert.Equal(primary, Primary(over).Ordinal);
        Assert.Equal("newest", await GetAsync(controller, "key"));
    }

    [Fact]
    public async Task An_operator_may_give_up_the_newest_which_is_set_aside_when_it_comes_back_after_all()
    {
        await using var controller = await ControllerFixture.StartAsync();
        var primary = await StaleReplica.LeaveAloneAsync(controller, EngineFamily.Redis);
        await controller.WaitAsync("it", "waiting", status => status.Message.Contains("to come back", StringComparison.Ordinal));
        var operation = await controller.FailOverAsync("it", fromEpoch: 1, force: true);
        Assert.Equal(OperationState.Succeeded, await controller.EndOfAsync(operation));
        Assert.Equal("older", await GetAsync(controller, "key"));
        var told = controller.Journal.Events.Last(happened => happened.Kind == EventKind.PrimaryPromoted);
        Assert.Contains("given up", told.Message, StringComparison.Ordinal);

        StaleReplica.GiveBackData(controller, primary);
        await controller.WaitAsync("it", "Ready", status => IsWhole(status, 2));
        var folder = Path.Combine(controller.Home.NodeFolder("it", primary), "set-aside");
        Assert.True(Directory.Exists(Path.Combine(folder, "appendonlydir")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
        var aside = Assert.Single(controller.Journal.Events, happened => happened.Kind == EventKind.DataSetAside);
        Assert.Equal(primary, aside.Node);
        Assert.Contains(folder, aside.Message, StringComparison.Ordinal);
        Assert.Contains("newest", string.Concat(Directory.GetFiles(Path.Combine(folder, "appendonlydir")).Select(File.ReadAllText)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(EngineFamily.Redis, "appendonlydir")]
    [InlineData(EngineFamily.Valkey, "appendonlydir")]
    [InlineData(EngineFamily.Garnet, "AOF")]
    public async Task What_a_killed_primary_had_on_disk_is_set_aside_before_it_returns_as_a_replica(EngineFamily family, string kept)
    {
        await using var controller = await ControllerFixture.StartAsync();
        await controller.CreateAsync(Spec(family, PersistenceMode.Aof));
        var ready = await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready);
        Process.GetProcessById(Primary(ready).Pid!.Value).Kill();
        await controller.WaitAsync("it", "failed over", status => IsWhole(status, 2));
        var folder = Path.Combine(controller.Home.NodeFolder("it", Primary(ready).Ordinal), "set-aside");
        Assert.True(Path.Exists(Path.Combine(folder, kept)), string.Join(" ", Directory.GetFileSystemEntries(folder)));
        Assert.Contains(
            $"It was the primary in epoch 1. What it had on disk ({kept}", string.Concat(Told(controller, EventKind.DataSetAside)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_persistence_nothing_of_a_killed_primary_is_left_and_the_journal_says_so()
    {
        await using var controller = await ControllerFixture.StartAsync();
        await controller.CreateAsync(Spec(EngineFamily.Redis, PersistenceMode.Disabled));
        var ready = await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready);
        Process.GetProcessById(Primary(ready).Pid!.Value).Kill();
        await controller.WaitAsync("it", "failed over", status => IsWhole(status, 2));
        Assert.Contains("Nothing of it is on disk", Assert.Single(Told(controller, EventKind.DataSetAside)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(EngineFamily.Redis)]
    [InlineData(EngineFamily.Garnet)]
    public async Task Without_persistence_a_shard_whose_processes_all_ended_begins_empty_at_once_and_the_journal_says_so(EngineFamily family)
    {
        await using var controller = await ControllerFixture.StartAsync();
        await controller.CreateAsync(Spec(family, PersistenceMode.Disabled, replicas: 2));
        var ready = await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready);
        await controller.AbandonControllerAsync();
        foreach (var node in ready.Shards[0].Nodes)
        {
            Process.GetProcessById(node.Pid!.Value).Kill();
        }

        await controller.StartControllerAsync();
        await controller.WaitAsync("it", "Ready", status => IsWhole(status, 2));
        Assert.Contains("begins empty", Told(controller, EventKind.PrimaryPromoted).Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_persistence_the_loss_is_told_also_where_the_nodes_ended_one_after_the_other()
    {
        await using var controller = await ControllerFixture.StartAsync();
        await controller.CreateAsync(Spec(EngineFamily.Redis, PersistenceMode.Disabled));
        var ready = await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready);
        var (primary, replica) = (Primary(ready), ready.Shards[0].Nodes.Single(node => node.Role == NodeRole.Replica));

        // The replica stands still, so that it counts and cannot be promoted, until the old primary is back without anything.
        using var stop = Process.Start("kill", ["-STOP", $"{replica.Pid}"]);
        await stop.WaitForExitAsync(TestContext.Current.CancellationToken);
        Process.GetProcessById(primary.Pid!.Value).Kill();
        await controller.WaitAsync("it", "started anew", status => status.Shards[0].Nodes[primary.Ordinal].Pid is { } pid && pid != primary.Pid);
        Process.GetProcessById(replica.Pid!.Value).Kill();
        await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready && status.Shards[0].Epoch > 1);
        Assert.Contains("its data was in memory only", Assert.Single(Told(controller, EventKind.DataLost)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(EngineFamily.Redis, PersistenceMode.Disabled, 2)]
    [InlineData(EngineFamily.Valkey, PersistenceMode.Aof, 2)]
    [InlineData(EngineFamily.Redis, PersistenceMode.Disabled, 3)]
    public async Task A_new_primary_that_fails_at_once_is_replaced_too_and_nothing_replicated_is_lost(EngineFamily family, PersistenceMode persistence, int replicas)
    {
        await using var controller = await ControllerFixture.StartAsync();
        await controller.CreateAsync(Spec(family, persistence, replicas));
        var ready = await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready);
        using (var session = await EngineSession.OpenAsync(controller.Routes.Current.Caches[0].Primary!))
        {
            Assert.Equal("+OK", await session.CallAsync("SET key kept"));
            Assert.Equal($":{replicas}", await session.CallAsync($"WAIT {replicas} 10000"));
        }

        for (var epoch = 2; epoch <= replicas; epoch++)
        {
            Process.GetProcessById(Primary(ready).Pid!.Value).Kill();
            ready = await controller.WaitAsync("it", "failed over", status => status.Shards[0].Epoch == epoch && controller.Routes.Current.Caches[0].Primary is not null);
        }

        await controller.WaitAsync("it", "whole again", status => IsWhole(status, replicas));
        Assert.Equal("kept", await GetAsync(controller, "key"));
    }

    [Fact]
    public async Task A_planned_change_sets_nothing_aside()
    {
        await using var controller = await ControllerFixture.StartAsync();
        await controller.CreateAsync(Spec(EngineFamily.Garnet, PersistenceMode.Aof));
        var ready = await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready);
        var operation = await controller.FailOverAsync("it", fromEpoch: 1, force: false);
        Assert.Equal(OperationState.Succeeded, await controller.EndOfAsync(operation));
        await controller.WaitAsync("it", "Ready", status => IsWhole(status, 2));
        Assert.Empty(Told(controller, EventKind.DataSetAside));
        Assert.False(Directory.Exists(Path.Combine(controller.Home.NodeFolder("it", Primary(ready).Ordinal), "set-aside")));
    }

    private static async Task<string> GetAsync(ControllerFixture controller, string key)
    {
        using var session = await EngineSession.OpenAsync(controller.Routes.Current.Caches[0].Primary!);
        return await session.CallAsync($"GET {key}");
    }

    private static IEnumerable<string> Told(ControllerFixture controller, EventKind kind) =>
        controller.Journal.Events.Where(happened => happened.Kind == kind).Select(happened => happened.Message);

    // The nodes are as they are now; the cache's state may be of a moment ago.
    private static bool IsWhole(CacheStatus status, long epoch) =>
        status.State == CacheState.Ready && status.Shards[0].Epoch == epoch && status.Shards[0].Nodes.All(node => node.State == NodeState.InSync);

    private static NodeStatus Primary(CacheStatus status) => status.Shards[0].Nodes.Single(node => node.Role == NodeRole.Primary);

    private static CacheSpec Spec(EngineFamily family, PersistenceMode persistence, int replicas = 1) => new()
    {
        Name = "it",
        Engine = family,
        MemoryMb = 64,
        Redis = new RedisSpec { Capacity = 1, ReplicasPerPrimary = replicas, Persistence = persistence },
    };
}
