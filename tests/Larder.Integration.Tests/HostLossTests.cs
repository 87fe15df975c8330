using System.Diagnostics;
using Larder.Model.Events;
using Larder.Model.Specs;
using Larder.Model.Status;
using Xunit;

namespace Larder.Integration.Tests;

/// <summary>The machine ended while a shard ran: its kernel's id is another one than that of the nodes' records.</summary>
public sealed class HostLossTests
{
    [Fact]
    public async Task That_the_last_second_may_be_lost_is_told_after_the_end_of_the_machine_and_not_after_that_of_all_processes()
    {
        await using var controller = await ControllerFixture.StartAsync();
        await controller.CreateAsync(new CacheSpec
        {
            Name = "it",
            Engine = EngineFamily.Redis,
            MemoryMb = 64,
            Redis = new RedisSpec { Capacity = 1, ReplicasPerPrimary = 1, Persistence = PersistenceMode.Aof },
        });
        var ready = await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready);
        using (var session = await EngineSession.OpenAsync(controller.Routes.Current.Caches[0].Primary!))
        {
            Assert.Equal("+OK", await session.CallAsync("SET key value"));
        }

        ready = await EndAsync(controller, ready, epoch: 2, withMachine: false);
        Assert.DoesNotContain(controller.Journal.Events, happened => happened.Kind == EventKind.DataLost);
        await EndAsync(controller, ready, epoch: 3, withMachine: true);
        var told = Assert.Single(controller.Journal.Events, happened => happened.Kind == EventKind.DataLost);
        Assert.Contains("in the last second before that may be lost. The newest entry of a log is of ", told.Message, StringComparison.Ordinal);
    }

    private static async Task<CacheStatus> EndAsync(ControllerFixture controller, CacheStatus ready, int epoch, bool withMachine)
    {
        await controller.AbandonControllerAsync();
        foreach (var node in ready.Shards[0].Nodes)
        {
            Process.GetProcessById(node.Pid!.Value).Kill();
            if (withMachine)
            {
                var record = Path.Combine(controller.Home.NodeFolder("it", node.Ordinal), "process.json");
                var id = (await File.ReadAllTextAsync("/proc/sys/kernel/random/boot_id", TestContext.Current.CancellationToken)).Trim();
                var text = await File.ReadAllTextAsync(record, TestContext.Current.CancellationToken);
                Assert.Contains(id, text, StringComparison.Ordinal);
                await File.WriteAllTextAsync(record, text.Replace(id, Guid.Empty.ToString(), StringComparison.Ordinal), TestContext.Current.CancellationToken);
            }
        }

        await controller.StartControllerAsync();
        return await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready && status.Shards[0].Epoch == epoch);
    }
}
