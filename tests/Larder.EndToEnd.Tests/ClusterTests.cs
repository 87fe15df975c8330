using System.Diagnostics;
using System.Text.Json;
using Larder.EndToEnd.Tests.Harness;
using Xunit;

namespace Larder.EndToEnd.Tests;

/// <summary>Clustered caches through the real program: up, one shard's failure, another number of shards, and what is refused.</summary>
public sealed class ClusterTests
{
    [Fact]
    public async Task Three_shards_come_up_lose_a_primary_and_become_two_and_whatever_is_not_possible_is_refused_with_its_reason()
    {
        await using var larder = new Installation(nodePorts: 8);
        var ready = await larder.UpAsync(Spec(larder, 3));
        Assert.True(Installation.IsReady(ready));
        Assert.Equal(["0-5461", "5462-10922", "10923-16383"], Shards(ready).Select(shard => shard.GetProperty("slots").GetString()));
        Assert.Equal(Enumerable.Range(larder.NodeTlsPort, 6), Installation.Nodes(ready).Select(node => node.GetProperty("tlsPort").GetInt32()));

        var killed = Primary(ready, 1);
        Process.GetProcessById(killed.GetProperty("pid").GetInt32()).Kill();
        var over = await larder.WaitAsync("dev", "Ready with another primary", cache => Shards(cache)[1].GetProperty("epoch").GetInt64() == 2 && Installation.IsReady(cache));
        Assert.NotEqual(killed.GetProperty("ordinal").GetInt32(), Primary(over, 1).GetProperty("ordinal").GetInt32());
        Assert.Equal([1L, 2L, 1L], Shards(over).Select(shard => shard.GetProperty("epoch").GetInt64()));

        await RefusedAsync(larder, Spec(larder, 2, memory: 128), "cluster.shard_count", "one after the other");
        await RefusedAsync(larder, larder.DevelopmentSpec(), "cluster.enable_cluster", "cannot be turned off");

        var scaled = await larder.UpAsync(Spec(larder, 2));
        Assert.Equal([8192, 8192], Shards(scaled).Select(shard => SlotsOf(shard.GetProperty("slots").GetString()!)));
        var shown = (await larder.RunAsync("show", "dev")).Succeeded().Output;
        Assert.Contains("SLOTS 0 TO 16383", shown, StringComparison.Ordinal);
        var kinds = (await larder.RunAsync("events", "dev", "--output", "json")).Succeeded().Json.EnumerateArray().Select(happened => happened.GetProperty("kind").GetString()).ToList();
        Assert.Contains("ScalingStarted", kinds);
        Assert.Contains("ScalingCompleted", kinds);
    }

    private static async Task RefusedAsync(Installation larder, string spec, string field, string reason)
    {
        var refused = await larder.RunAsync("apply", spec);
        Assert.True(refused.ExitCode == 2, $"{refused}");
        Assert.Contains(field, refused.Error, StringComparison.Ordinal);
        Assert.Contains(reason, refused.Error, StringComparison.Ordinal);
    }

    private static string Spec(Installation larder, int shards, int memory = 64) => larder.Spec(
        $$"""
        name: dev
        preset: development
        engine: redis
        memory_mb: {{memory}}
        cluster: { enable_cluster: true, shard_count: {{shards}} }
        """);

    private static JsonElement[] Shards(JsonElement cache) => [.. cache.GetProperty("shards").EnumerateArray()];

    private static JsonElement Primary(JsonElement cache, int shard) =>
        Shards(cache)[shard].GetProperty("nodes").EnumerateArray().Single(node => node.GetProperty("role").GetString() == "primary");

    private static int SlotsOf(string ranges) => ranges.Split(',').Select(range => range.Split('-').Select(int.Parse).ToArray()).Sum(range => range[^1] - range[0] + 1);
}
