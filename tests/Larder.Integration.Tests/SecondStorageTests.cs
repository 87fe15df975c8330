using System.Diagnostics;
using Larder.Model.Specs;
using Larder.Model.Status;
using Xunit;

namespace Larder.Integration.Tests;

/// <summary>The storage with the primary's log is gone when everything is started again. Real engines.</summary>
public sealed class SecondStorageTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_log_of_the_newest_data_that_is_away_is_waited_for_and_told_until_it_is_back_or_given_up(bool comesBack)
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
        var waiting = await controller.WaitAsync("it", "waiting", status => status.Message.Contains("waiting for node 1 to come back", StringComparison.Ordinal));
        Assert.Contains("larder failover it --force", waiting.Message, StringComparison.Ordinal);
        await controller.WaitAsync("it", "told why", status => status.Shards[0].Nodes[1].Message.Contains("which is not there", StringComparison.Ordinal));
        Assert.Null(controller.Routes.Current.Caches[0].Primary);
        Assert.False(Directory.Exists(second));
        if (comesBack)
        {
            Directory.Move(second + "-away", second);
        }
        else
        {
            await controller.SucceedAsync(await controller.FailOverAsync("it", fromEpoch: 2, force: true));
        }

        var over = await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready && status.Shards[0].Epoch == 3);
        Assert.Equal(comesBack ? 1 : 0, over.Shards[0].Nodes.Single(node => node.Role == NodeRole.Primary).Ordinal);
        using var after = await EngineSession.OpenAsync(controller.Routes.Current.Caches[0].Primary!);
        Assert.Equal("value", await after.CallAsync("GET key"));
    }
}
