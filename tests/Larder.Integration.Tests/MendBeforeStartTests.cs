using Larder.Model.Events;
using Larder.Model.Specs;
using Larder.Model.Status;
using Xunit;

namespace Larder.Integration.Tests;

/// <summary>A node with the newest data comes back while an older one runs, and its log is not as it was. Real engines.</summary>
public sealed class MendBeforeStartTests
{
    private const string Torn = "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$100\r\nhalf";

    [Theory]
    [InlineData(EngineFamily.Redis)]
    [InlineData(EngineFamily.Valkey)]
    public async Task A_torn_end_is_cut_so_that_the_engine_starts_and_the_newest_data_wins(EngineFamily family)
    {
        await using var controller = await ControllerFixture.StartAsync();
        var primary = await StaleReplica.LeaveAloneAsync(controller, family);
        await File.AppendAllTextAsync(Log(controller, primary), Torn, TestContext.Current.CancellationToken);
        StaleReplica.GiveBackData(controller, primary);
        await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready && status.Shards[0].Epoch == 2);
        Assert.Equal("newest", await ValueAsync(controller));
        var repaired = Assert.Single(controller.Journal.Events, happened => happened.Kind == EventKind.LogRepaired);
        Assert.Equal(primary, repaired.Node);
        Assert.Contains($"its last {Torn.Length} bytes", repaired.Message, StringComparison.Ordinal);
        var kept = Directory.GetFiles(Path.Combine(controller.Home.NodeFolder("it", primary), "set-aside"), "torn-*");
        Assert.Equal(Torn, await File.ReadAllTextAsync(Assert.Single(kept), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_log_that_is_damaged_in_its_middle_is_left_as_it_is_and_the_older_node_does_not_take_its_place()
    {
        await using var controller = await ControllerFixture.StartAsync();
        var primary = await StaleReplica.LeaveAloneAsync(controller, EngineFamily.Redis);
        var log = Log(controller, primary);
        var text = await File.ReadAllTextAsync(log, TestContext.Current.CancellationToken);
        var damaged = text.Insert(text.LastIndexOf("*3\r\n", StringComparison.Ordinal), "!!\r\n");
        await File.WriteAllTextAsync(log, damaged, TestContext.Current.CancellationToken);
        StaleReplica.GiveBackData(controller, primary);
        var waiting = await controller.WaitAsync(
            "it", "told that the log is bad",
            status => !status.Shards.IsEmpty && status.Shards[0].Nodes[primary].Message.Contains("Bad file format reading the append only file", StringComparison.Ordinal));
        Assert.Equal(1, waiting.Shards[0].Epoch);
        Assert.Null(controller.Routes.Current.Caches[0].Primary);
        Assert.DoesNotContain(controller.Journal.Events, happened => happened.Kind is EventKind.LogRepaired or EventKind.DataSetAside);
        Assert.Equal(damaged, await File.ReadAllTextAsync(Path.Combine(controller.Home.NodeFolder("it", primary), "data", "appendonlydir", Path.GetFileName(log)), TestContext.Current.CancellationToken));

        // Only when it is given up by name does the older one serve; what was damaged is kept.
        var operation = await controller.FailOverAsync("it", fromEpoch: 1, force: true);
        await controller.SucceedAsync(operation);
        await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready && status.Shards[0].Epoch == 2);
        Assert.Equal("older", await ValueAsync(controller));
        var aside = Directory.GetFiles(Path.Combine(controller.Home.NodeFolder("it", primary), "set-aside"), Path.GetFileName(log), SearchOption.AllDirectories);
        Assert.Equal(damaged, await File.ReadAllTextAsync(Assert.Single(aside), TestContext.Current.CancellationToken));
    }

    private static string Log(ControllerFixture controller, int node) => Directory.GetFiles(
        Path.Combine(controller.Home.NodeFolder("it", node), "data.away", "appendonlydir"), "*.incr.aof").Order(StringComparer.Ordinal).Last();

    private static async Task<string> ValueAsync(ControllerFixture controller)
    {
        using var session = await EngineSession.OpenAsync(controller.Routes.Current.Caches[0].Primary!);
        return await session.CallAsync("GET key");
    }
}
