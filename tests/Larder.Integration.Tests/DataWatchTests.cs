using System.Diagnostics;
using Larder.Model.Events;
using Larder.Model.Specs;
using Larder.Model.Status;
using Larder.Testing;
using Xunit;

namespace Larder.Integration.Tests;

/// <summary>What running nodes have on disk cannot be rewritten, or is deleted under them. Real engines.</summary>
public sealed class DataWatchTests
{
    [Theory]
    [InlineData(EngineFamily.Redis)]
    [InlineData(EngineFamily.Valkey)]
    public async Task A_rewrite_that_fails_is_an_event_and_an_alarm_until_one_succeeds(EngineFamily family)
    {
        await using var controller = await ControllerFixture.StartAsync();
        var primary = Primary(await StartAsync(controller, family, PersistenceMode.Aof));
        using var engine = await controller.AdministerAsync("it", primary.Ordinal);

        // A folder that has the name of the next increment: the engine cannot begin it.
        var inTheWay = Path.Combine(LogFolder(controller, primary.Ordinal), "appendonly.aof.2.incr.aof");
        Directory.CreateDirectory(inTheWay);
        Assert.StartsWith("-", await engine.CallAsync("BGREWRITEAOF"), StringComparison.Ordinal);
        var troubled = await controller.WaitAsync("it", "alarmed", status => !status.Alarms.IsEmpty);
        Assert.Equal(CacheState.Ready, troubled.State);
        Assert.Contains("could not be rewritten", Assert.Single(troubled.Alarms), StringComparison.Ordinal);
        Assert.Equal(troubled.Alarms[0], troubled.Shards[0].Nodes[primary.Ordinal].Message);

        Directory.Delete(inTheWay);
        Assert.StartsWith("+", await engine.CallAsync("BGREWRITEAOF"), StringComparison.Ordinal);
        await controller.WaitAsync("it", "without an alarm", status => status.Alarms.IsEmpty);
        Assert.Equal([EventKind.DataNotWritten, EventKind.DataWritten], Told(controller).Select(happened => happened.Kind));
        Assert.All(Told(controller), happened => Assert.Equal(primary.Ordinal, happened.Node));
    }

    [Theory]
    [InlineData(PersistenceMode.Aof)]
    [InlineData(PersistenceMode.AofDual)]
    public async Task A_log_that_is_deleted_under_a_running_node_is_told_and_written_anew(PersistenceMode persistence)
    {
        await using var controller = await ControllerFixture.StartAsync();
        var ready = await StartAsync(controller, EngineFamily.Redis, persistence);
        using (var session = await EngineSession.OpenAsync(controller.Routes.Current.Caches[0].Primary!))
        {
            Assert.Equal("+OK", await session.CallAsync("SET key kept"));
            Assert.Equal(":1", await session.CallAsync("WAIT 1 10000"));
        }

        var second = controller.Home.StorageFolder("second");
        await BusyFolder.DeleteAsync(persistence == PersistenceMode.AofDual ? second : LogFolder(controller, 1), TestContext.Current.CancellationToken);
        await controller.WaitAsync("it", "told", _ => Told(controller).Any(happened => happened.Kind == EventKind.DataNotWritten));
        Assert.Contains(
            "was deleted from '" + (persistence == PersistenceMode.AofDual ? second : LogFolder(controller, 1)), Told(controller)[0].Message, StringComparison.Ordinal);
        await controller.WaitAsync("it", "whole", status => status.Alarms.IsEmpty && Told(controller).Last().Kind == EventKind.DataWritten);

        // What the other node has is lost as well: all that is left is the log that was written anew.
        await controller.AbandonControllerAsync();
        await KillAsync(ready.Shards[0].Nodes.Select(node => node.Pid!.Value));
        Directory.Delete(controller.Home.NodeFolder("it", 0), recursive: true);
        await controller.StartControllerAsync();
        await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready && status.Shards[0].Epoch == 2);
        using var after = await EngineSession.OpenAsync(controller.Routes.Current.Caches[0].Primary!);
        Assert.Equal("kept", await after.CallAsync("GET key"));
    }

    [Theory]
    [InlineData(PersistenceMode.Rdb)]
    [InlineData(PersistenceMode.Aof)]
    public async Task A_data_folder_that_is_deleted_under_a_node_is_made_anew_on_a_replica_and_after_a_handover_on_a_primary(PersistenceMode persistence)
    {
        await using var controller = await ControllerFixture.StartAsync();
        var ready = await StartAsync(controller, EngineFamily.Redis, persistence);
        var (replica, primary) = (ready.Shards[0].Nodes.Single(node => node.Role == NodeRole.Replica), Primary(ready));
        using (var session = await EngineSession.OpenAsync(controller.Routes.Current.Caches[0].Primary!))
        {
            Assert.Equal("+OK", await session.CallAsync("SET key kept"));
        }

        await BusyFolder.DeleteAsync(DataFolder(controller, replica.Ordinal), TestContext.Current.CancellationToken);
        await controller.WaitAsync("it", "in sync anew", status => IsAnew(status, replica));
        Assert.Equal(replica.Ordinal, Assert.Single(Told(controller)).Node);

        await BusyFolder.DeleteAsync(DataFolder(controller, primary.Ordinal), TestContext.Current.CancellationToken);
        var alarmed = await controller.WaitAsync(
            "it", "alarmed", status => status.Alarms is [var alarm] && alarm.Contains("larder failover it", StringComparison.Ordinal));
        Assert.Equal(primary.Pid, alarmed.Shards[0].Nodes[primary.Ordinal].Pid);
        var operation = await controller.FailOverAsync("it", fromEpoch: 1, force: false);
        await controller.SucceedAsync(operation);
        await controller.WaitAsync("it", "whole", status => status.Alarms.IsEmpty && IsAnew(status, primary));
        using var after = await EngineSession.OpenAsync(controller.Routes.Current.Caches[0].Primary!);
        Assert.Equal("kept", await after.CallAsync("GET key"));
        Assert.True(Directory.Exists(DataFolder(controller, primary.Ordinal)));
    }

    private static async Task<CacheStatus> StartAsync(ControllerFixture controller, EngineFamily family, PersistenceMode persistence)
    {
        await controller.CreateAsync(new CacheSpec
        {
            Name = "it",
            Engine = family,
            MemoryMb = 64,
            Redis = new RedisSpec { Capacity = 1, ReplicasPerPrimary = 1, Persistence = persistence, RdbPersistence = persistence == PersistenceMode.Rdb ? 60 : null },
        });
        var ready = await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready);
        foreach (var node in ready.Shards[0].Nodes.Where(_ => persistence != PersistenceMode.Rdb))
        {
            await AtRestAsync(controller, node.Ordinal);
        }

        return ready;
    }

    /// <summary>
    /// The first sync has an engine write its log anew. While that is under way it only schedules what is asked for, and makes a log that is deleted again before
    /// anybody can see that it was gone.
    /// </summary>
    private static async Task AtRestAsync(ControllerFixture controller, int node)
    {
        string[] wanted = ["aof_rewrite_in_progress:0", "aof_rewrite_scheduled:0", "rdb_bgsave_in_progress:0"];
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(20));
        using var engine = await controller.AdministerAsync("it", node);
        while (await engine.CallAsync("INFO persistence") is var told && !Array.TrueForAll(wanted, field => told.Contains(field, StringComparison.Ordinal)))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, deadline.Token);
        }
    }

    // The nodes are as they are now; the cache's state may be of a moment ago.
    private static bool IsAnew(CacheStatus status, NodeStatus before) =>
        status.Shards[0].Nodes.All(node => node.State == NodeState.InSync) && status.Shards[0].Nodes[before.Ordinal].Pid != before.Pid;

    private static async Task KillAsync(IEnumerable<int> pids)
    {
        foreach (var pid in pids)
        {
            Process.GetProcessById(pid).Kill();
            while (File.Exists($"/proc/{pid}/stat") && !(await File.ReadAllTextAsync($"/proc/{pid}/stat", TestContext.Current.CancellationToken)).Contains(") Z ", StringComparison.Ordinal))
            {
                // Nobody's child that could be waited for.
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
            }
        }
    }

    private static List<CacheEvent> Told(ControllerFixture controller) =>
        [.. controller.Journal.Events.Where(happened => happened.Kind is EventKind.DataNotWritten or EventKind.DataWritten)];

    private static NodeStatus Primary(CacheStatus status) => status.Shards[0].Nodes.Single(node => node.Role == NodeRole.Primary);

    private static string DataFolder(ControllerFixture controller, int node) => Path.Combine(controller.Home.NodeFolder("it", node), "data");

    private static string LogFolder(ControllerFixture controller, int node) => Path.Combine(DataFolder(controller, node), "appendonlydir");
}
