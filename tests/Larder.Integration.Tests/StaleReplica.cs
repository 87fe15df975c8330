using System.Diagnostics;
using Larder.Model.Specs;
using Larder.Model.Status;
using Xunit;

namespace Larder.Integration.Tests;

/// <summary>A shard of which only a replica runs that has not the newest data, while the primary's data is out of reach.</summary>
internal static class StaleReplica
{
    /// <summary>
    /// A replica stands still until it no longer counts, the primary takes another write and is killed with its data folder out of reach; then the replica
    /// goes on. The controller is started anew meanwhile.
    /// </summary>
    public static async Task<int> LeaveAloneAsync(ControllerFixture controller, EngineFamily family)
    {
        await controller.CreateAsync(new CacheSpec
        {
            Name = "it",
            Engine = family,
            MemoryMb = 64,
            Redis = new RedisSpec { Capacity = 1, ReplicasPerPrimary = 1, Persistence = PersistenceMode.Aof },
        });
        var ready = await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready);
        var primary = ready.Shards[0].Nodes.Single(node => node.Role == NodeRole.Primary);
        var replica = ready.Shards[0].Nodes.Single(node => node.Role == NodeRole.Replica);
        using (var session = await EngineSession.OpenAsync(controller.Routes.Current.Caches[0].Primary!))
        {
            Assert.Equal("+OK", await session.CallAsync("SET key older"));
            Assert.Equal(":1", await session.CallAsync("WAIT 1 10000"));
            using var stop = Process.Start("kill", ["-STOP", $"{replica.Pid}"]);
            await stop.WaitForExitAsync(TestContext.Current.CancellationToken);
            await controller.WaitForNewestAsync("it", [primary.Ordinal]);

            // What is on its way to a process that stands still would reach it when it goes on.
            Assert.Equal(":1", await session.CallAsync("CLIENT KILL TYPE replica"));
            Assert.Equal("+OK", await session.CallAsync("SET key newest"));
        }

        await controller.AbandonControllerAsync();
        Process.GetProcessById(primary.Pid!.Value).Kill();
        while (File.Exists($"/proc/{primary.Pid}/stat") && !(await File.ReadAllTextAsync($"/proc/{primary.Pid}/stat", TestContext.Current.CancellationToken)).Contains(") Z ", StringComparison.Ordinal))
        {
            // It is nobody's child that could be waited for: the controller that started it is gone.
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        var data = Path.Combine(controller.Home.NodeFolder("it", primary.Ordinal), "data");
        Directory.Move(data, data + ".away");
        File.CreateSymbolicLink(data, data + ".back");
        using var goOn = Process.Start("kill", ["-CONT", $"{replica.Pid}"]);
        await goOn.WaitForExitAsync(TestContext.Current.CancellationToken);
        await controller.StartControllerAsync();
        return primary.Ordinal;
    }

    /// <summary>The primary's data can be got at again.</summary>
    public static void GiveBackData(ControllerFixture controller, int node)
    {
        var data = Path.Combine(controller.Home.NodeFolder("it", node), "data");
        Directory.Move(data + ".away", data + ".back");
    }
}
