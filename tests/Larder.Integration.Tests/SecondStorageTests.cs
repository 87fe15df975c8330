using System.Diagnostics;
using Larder.Model.Events;
using Larder.Model.Specs;
using Larder.Model.Status;
using Xunit;

namespace Larder.Integration.Tests;

/// <summary>The storage with the primary's log is gone when everything is started again. Real engines.</summary>
public sealed class SecondStorageTests
{
    [Fact]
    public async Task The_node_with_a_log_elsewhere_takes_over_what_is_gone_is_told_and_a_new_log_is_begun()
    {
        await using var controller = await ControllerFixture.StartAsync();
        await controller.CreateAsync(new CacheSpec
        {
            Name = "it",
            Engine = EngineFamily.Redis,
            MemoryMb = 64,
            Redis = new RedisSpec { Capacity = 1, ReplicasPerPrimary = 1, Persistence = PersistenceMode.AofDual },
        });
        await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready);
        await controller.SucceedAsync(await controller.FailOverAsync("it", fromEpoch: 1, force: false));
        var ready = await controller.WaitAsync(
            "it", "handed over", status => status.State == CacheState.Ready && status.Shards[0].Epoch == 2 && status.Shards[0].Nodes.All(node => node.State == NodeState.InSync));
        Assert.Equal(NodeRole.Primary, ready.Shards[0].Nodes[1].Role);
        using (var session = await EngineSession.OpenAsync(controller.Routes.Current.Caches[0].Primary!))
        {
            Assert.Equal("+OK", await session.CallAsync("SET key value"));
            Assert.Equal(":1", await session.CallAsync("WAIT 1 10000"));
        }

        await controller.AbandonControllerAsync();
        foreach (var node in ready.Shards[0].Nodes)
        {
            Process.GetProcessById(node.Pid!.Value).Kill();
        }

        var second = controller.Home.StorageFolder("second");
        Directory.Move(second, second + "-away");
        await controller.StartControllerAsync();
        var over = await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready && status.Shards[0].Epoch == 3);
        Assert.Equal(NodeRole.Primary, over.Shards[0].Nodes[0].Role);
        var told = Assert.Single(controller.Journal.Events, happened => happened.Kind == EventKind.DataNotWritten);
        Assert.Equal(1, told.Node);
        Assert.Contains($"is gone from '{second}", told.Message, StringComparison.Ordinal);
        Assert.NotEmpty(Directory.GetFiles(second, "*.manifest", SearchOption.AllDirectories));
        using var after = await EngineSession.OpenAsync(controller.Routes.Current.Caches[0].Primary!);
        Assert.Equal("value", await after.CallAsync("GET key"));
    }
}
