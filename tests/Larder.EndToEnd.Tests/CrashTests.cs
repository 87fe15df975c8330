using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Larder.EndToEnd.Tests.Harness;
using StackExchange.Redis;
using Xunit;

namespace Larder.EndToEnd.Tests;

/// <summary>What is killed comes back, and what was acknowledged is there.</summary>
public sealed class CrashTests
{
    [Fact]
    public async Task A_killed_primary_is_replaced_and_comes_back_as_a_replica()
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.DevelopmentSpec());
        await using var redis = await larder.ConnectAsync("dev");
        await redis.GetDatabase().StringSetAsync("before", "1");
        await WaitForReplicaAsync(redis.GetDatabase());
        var before = await larder.ShowAsync("dev");
        var killed = Installation.Primary(before).GetProperty("ordinal").GetInt32();
        Kill(Installation.Primary(before));

        var after = await larder.WaitAsync(
            "dev", "failed over", cache => Epoch(cache) == 2 && Installation.IsReady(cache));
        Assert.NotEqual(killed, Installation.Primary(after).GetProperty("ordinal").GetInt32());
        Assert.All(Installation.Nodes(after), node => Assert.Equal("InSync", node.GetProperty("state").GetString()));
        await using var again = await larder.ConnectAsync("dev");
        Assert.Equal("1", await again.GetDatabase().StringGetAsync("before"));
        Assert.True(await again.GetDatabase().StringSetAsync("after", "2"));
    }

    [Fact]
    public async Task A_killed_replica_is_back_in_sync_by_itself()
    {
        await using var larder = new Installation();
        var before = await larder.UpAsync(larder.DevelopmentSpec());
        var replica = Installation.Nodes(before).Single(node => node.GetProperty("role").GetString() == "replica");
        Kill(replica);
        var after = await larder.WaitAsync("dev", "whole again", cache => Installation.IsReady(cache)
            && Installation.Nodes(cache).Single(node => node.GetProperty("role").GetString() == "replica").GetProperty("pid").GetInt32() != replica.GetProperty("pid").GetInt32());
        Assert.Equal(1, Epoch(after));
    }

    [Fact]
    public async Task A_hung_primary_is_fenced_and_replaced()
    {
        await using var larder = new Installation();
        var before = await larder.UpAsync(larder.DevelopmentSpec());
        var pid = Installation.Primary(before).GetProperty("pid").GetInt32();
        await Signal("STOP", pid);
        var after = await larder.WaitAsync("dev", "failed over", cache => Epoch(cache) == 2 && Installation.IsReady(cache));
        Assert.DoesNotContain(pid, Installation.Nodes(after).Select(node => node.GetProperty("pid").GetInt32()));
    }

    [Theory]
    [InlineData("redis")]
    [InlineData("valkey")]
    public async Task A_primary_that_a_script_blocks_for_ever_is_fenced_and_replaced(string engine)
    {
        await using var larder = new Installation();
        var before = await larder.UpAsync(larder.DevelopmentSpec(engine: engine));
        var pid = Installation.Primary(before).GetProperty("pid").GetInt32();
        await using var redis = await larder.ConnectAsync("dev");
        var script = redis.GetDatabase().ScriptEvaluateAsync("while true do redis.call('SET', 'blocked', '1') end");
        var after = await larder.WaitAsync("dev", "failed over", cache => Epoch(cache) == 2 && Installation.IsReady(cache));
        Assert.DoesNotContain(pid, Installation.Nodes(after).Select(node => node.GetProperty("pid").GetInt32()));
        await Assert.ThrowsAnyAsync<Exception>(() => script);
        await using var again = await larder.ConnectAsync("dev");
        Assert.True(await again.GetDatabase().StringSetAsync("after", "1"));
    }

    [Fact]
    public async Task Engines_outlive_a_killed_daemon_and_every_acknowledged_key_is_there()
    {
        await using var larder = new Installation();
        var before = await larder.UpAsync(larder.DevelopmentSpec());
        var pids = Installation.Nodes(before).Select(node => node.GetProperty("pid").GetInt32()).ToList();
        await using var redis = await larder.ConnectAsync("dev");
        var acknowledged = new List<int>();
        var daemon = larder.DaemonPid;
        for (var failed = false; !failed;)
        {
            try
            {
                var i = acknowledged.Count;
                await redis.GetDatabase().StringSetAsync($"key:{i}", i);
                acknowledged.Add(i);
                if (i == 500)
                {
                    Process.GetProcessById(daemon).Kill();
                }
            }
            catch (Exception exception) when (exception is RedisConnectionException or RedisTimeoutException)
            {
                failed = true;
            }
        }

        Assert.True(acknowledged.Count >= 500);
        Assert.All(pids, pid => Assert.False(Process.GetProcessById(pid).HasExited));

        (await larder.RunAsync("up", "--detach")).Succeeded();
        var after = await larder.WaitAsync("dev", "Ready", Installation.IsReady);
        Assert.Equal(pids, Installation.Nodes(after).Select(node => node.GetProperty("pid").GetInt32()));
        Assert.Equal(1, Epoch(after));
        await using var again = await larder.ConnectAsync("dev");
        var values = await again.GetDatabase().StringGetAsync([.. acknowledged.Select(i => (RedisKey)$"key:{i}")]);
        Assert.Equal(acknowledged, values.Select(value => (int)value));
    }

    [Fact]
    public async Task Daemon_and_primary_killed_together_the_replica_takes_over_when_the_daemon_is_back()
    {
        await using var larder = new Installation();
        var before = await larder.UpAsync(larder.DevelopmentSpec());
        await using (var redis = await larder.ConnectAsync("dev"))
        {
            await redis.GetDatabase().StringSetAsync("precious", "data");
            await WaitForReplicaAsync(redis.GetDatabase());
        }

        Process.GetProcessById(larder.DaemonPid).Kill();
        Kill(Installation.Primary(before));
        (await larder.RunAsync("up", "--detach")).Succeeded();
        var after = await larder.WaitAsync("dev", "Ready", Installation.IsReady);
        Assert.NotEqual(Installation.Primary(before).GetProperty("ordinal").GetInt32(), Installation.Primary(after).GetProperty("ordinal").GetInt32());
        await using var again = await larder.ConnectAsync("dev");
        Assert.Equal("data", await again.GetDatabase().StringGetAsync("precious"));
    }

    [Fact]
    public async Task Without_persistence_a_crash_of_all_nodes_does_not_bring_back_an_older_stop()
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.DevelopmentSpec(more: "  persistence: Disabled"));
        await using (var redis = await larder.ConnectAsync("dev"))
        {
            await redis.GetDatabase().StringSetAsync("old", "state");
        }

        (await larder.RunAsync("down")).Succeeded();
        (await larder.RunAsync("up", "--detach")).Succeeded();
        var cache = await larder.WaitAsync("dev", "Ready", Installation.IsReady);
        await using (var redis = await larder.ConnectAsync("dev"))
        {
            Assert.Equal("state", await redis.GetDatabase().StringGetAsync("old"));
            await redis.GetDatabase().KeyDeleteAsync("old");
        }

        Process.GetProcessById(larder.DaemonPid).Kill();
        foreach (var node in Installation.Nodes(cache))
        {
            Kill(node);
        }

        (await larder.RunAsync("up", "--detach")).Succeeded();
        await larder.WaitAsync("dev", "Ready", Installation.IsReady);
        await using var again = await larder.ConnectAsync("dev");
        Assert.True((await again.GetDatabase().StringGetAsync("old")).IsNull);
    }

    [Theory]
    [InlineData("redis")]
    [InlineData("garnet")]
    public async Task A_node_whose_port_was_taken_while_it_was_down_gets_another_one(string engine)
    {
        await using var larder = new Installation();
        var before = await larder.UpAsync(larder.DevelopmentSpec(engine: engine));
        await using (var redis = await larder.ConnectAsync("dev"))
        {
            await redis.GetDatabase().StringSetAsync("kept", "data");
        }

        var ports = await ListeningPorts.OfAsync([.. Installation.Nodes(before).Select(node => node.GetProperty("pid").GetInt32())]);
        Assert.Equal(2, ports.Count);
        (await larder.RunAsync("down")).Succeeded();
        using var primary = new TcpListener(IPAddress.Loopback, ports.Min());
        using var replica = new TcpListener(IPAddress.Loopback, ports.Max());
        primary.Start();
        replica.Start();

        (await larder.RunAsync("up", "--detach")).Succeeded();
        var after = await larder.WaitAsync("dev", "Ready", Installation.IsReady);
        Assert.Empty((await ListeningPorts.OfAsync([.. Installation.Nodes(after).Select(node => node.GetProperty("pid").GetInt32())])).Intersect(ports));
        await using var again = await larder.ConnectAsync("dev");
        Assert.Equal("data", await again.GetDatabase().StringGetAsync("kept"));
    }

    private static long Epoch(JsonElement cache) => cache.GetProperty("shards")[0].GetProperty("epoch").GetInt64();

    private static void Kill(JsonElement node) => Process.GetProcessById(node.GetProperty("pid").GetInt32()).Kill();

    private static Task<CommandResult> Signal(string signal, int pid) => Command.RunAsync("kill", [$"-{signal}", $"{pid}"]);

    /// <summary>Replication is asynchronous: waits until the replica has acknowledged what this client wrote.</summary>
    private static async Task WaitForReplicaAsync(IDatabase database) => Assert.True((int)await database.ExecuteAsync("WAIT", 1, 5000) >= 1);
}
