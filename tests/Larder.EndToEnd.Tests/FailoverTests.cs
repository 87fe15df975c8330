using System.Collections.Concurrent;
using System.Text.Json;
using Larder.EndToEnd.Tests.Harness;
using StackExchange.Redis;
using Xunit;

namespace Larder.EndToEnd.Tests;

/// <summary>A handover that applications do not notice, and refusals that say why.</summary>
public sealed class FailoverTests
{
    [Theory]
    [InlineData("redis", "7.0")]
    [InlineData("redis", "8.0")]
    [InlineData("valkey", "8.1")]
    [InlineData("garnet", "latest")]
    public async Task Handovers_under_load_lose_nothing_double_nothing_and_show_no_error(string engine, string version)
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.DevelopmentSpec(engine: engine, version: version));
        await using var redis = await larder.ConnectAsync("dev");
        var database = redis.GetDatabase();
        using var stop = new CancellationTokenSource();
        var heard = new ConcurrentQueue<long>();
        using var allHeard = new CancellationTokenSource();
        var messages = await redis.GetSubscriber().SubscribeAsync(RedisChannel.Literal("ticks"));
        messages.OnMessage(message =>
        {
            if (message.Message == "the end")
            {
                allHeard.Cancel();
                return;
            }

            heard.Enqueue((long)message.Message);
        });
        var counters = Enumerable.Range(0, 8).Select(i => Task.Run(() => CountAsync(database, $"counter:{i}", stop.Token))).ToList();
        var transactions = Task.Run(() => TransactAsync(database, stop.Token));
        var published = Task.Run(() => PublishAsync(redis.GetSubscriber(), stop.Token));

        for (var round = 1; round <= 3; round++)
        {
            var before = await larder.WaitAsync("dev", "Ready", Installation.IsReady);
            var result = (await larder.RunAsync("failover", "dev", "--output", "json")).Succeeded().Json;
            Assert.Equal("Succeeded", result.GetProperty("state").GetString());
            var after = await larder.WaitAsync("dev", "Ready again", Installation.IsReady);
            Assert.Equal(Epoch(before) + 1, Epoch(after));
            Assert.NotEqual(PrimaryOf(before), PrimaryOf(after));
        }

        await stop.CancelAsync();
        foreach (var (counter, index) in counters.Select((counter, index) => (counter, index)))
        {
            // Every acknowledged increment is there, and no other: the counter is what its only client was last told.
            Assert.Equal(await counter, (long)await database.StringGetAsync($"counter:{index}"));
        }

        var pairs = await transactions;
        Assert.Equal((pairs, pairs), ((long)await database.StringGetAsync("left"), (long)await database.StringGetAsync("right")));
        var last = await published;
        await redis.GetSubscriber().PublishAsync(RedisChannel.Literal("ticks"), "the end");
        Assert.True(allHeard.Token.WaitHandle.WaitOne(TimeSpan.FromSeconds(10)), "The last message was not heard.");
        Assert.Equal(Enumerable.Range(1, (int)last).Select(i => (long)i), heard);
    }

    [Fact]
    public async Task A_forced_failover_ends_the_primary_and_is_asked_about()
    {
        await using var larder = new Installation();
        var before = await larder.UpAsync(larder.DevelopmentSpec());
        var refused = await larder.RunAsync("failover", "dev", "--force");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("--yes", refused.Error, StringComparison.Ordinal);
        (await larder.RunAsync("failover", "dev", "--force", "--yes")).Succeeded();
        var after = await larder.WaitAsync("dev", "Ready again", Installation.IsReady);
        Assert.NotEqual(PrimaryOf(before), PrimaryOf(after));
        Assert.Equal(Epoch(before) + 1, Epoch(after));
        Assert.DoesNotContain(
            Installation.Primary(before).GetProperty("pid").GetInt32(), Installation.Nodes(after).Select(node => node.GetProperty("pid").GetInt32()));
    }

    [Fact]
    public async Task What_cannot_be_failed_over_is_refused_with_the_reason()
    {
        await using var larder = new Installation();
        var cache = await larder.UpAsync(larder.DevelopmentSpec());
        foreach (var (arguments, named) in new[] { ("failover absent", "absent"), ("failover dev --shard 7", "no shard 7"), ("failover dev --shard x", "x") })
        {
            var result = await larder.RunAsync(arguments.Split(' '));
            Assert.True(result.ExitCode == 2, $"{arguments}: {result}");
            Assert.Contains(named, result.Error, StringComparison.Ordinal);
        }

        var replica = Installation.Nodes(cache).Single(node => node.GetProperty("role").GetString() == "replica").GetProperty("pid").GetInt32();
        (await Command.RunAsync("kill", ["-STOP", $"{replica}"])).Succeeded();
        await larder.WaitAsync("dev", "Degraded", seen => !Installation.IsReady(seen));
        var noReplica = await larder.RunAsync("failover", "dev");
        Assert.True(noReplica.ExitCode == 2, $"{noReplica}");
        Assert.Contains("no replica", noReplica.Error, StringComparison.Ordinal);
        (await Command.RunAsync("kill", ["-CONT", $"{replica}"])).Succeeded();
        Assert.Equal(1, Epoch(await larder.WaitAsync("dev", "Ready", Installation.IsReady)));
    }

    [Fact]
    public async Task A_killed_garnet_primary_is_replaced_and_comes_back_in_sync()
    {
        await using var larder = new Installation();
        var before = await larder.UpAsync(larder.DevelopmentSpec(engine: "garnet"));
        System.Diagnostics.Process.GetProcessById(Installation.Primary(before).GetProperty("pid").GetInt32()).Kill();
        var after = await larder.WaitAsync("dev", "Ready again", seen => Installation.IsReady(seen) && Epoch(seen) == 2);
        Assert.NotEqual(PrimaryOf(before), PrimaryOf(after));
    }

    private static async Task<long> CountAsync(IDatabase database, string key, CancellationToken stop)
    {
        var told = 0L;
        while (!stop.IsCancellationRequested)
        {
            told = await database.StringIncrementAsync(key);
        }

        return told;
    }

    private static async Task<long> TransactAsync(IDatabase database, CancellationToken stop)
    {
        var done = 0L;
        while (!stop.IsCancellationRequested)
        {
            var transaction = database.CreateTransaction();
            _ = transaction.StringIncrementAsync("left");
            _ = transaction.StringIncrementAsync("right");
            done += await transaction.ExecuteAsync() ? 1 : 0;
        }

        return done;
    }

    private static async Task<long> PublishAsync(ISubscriber subscriber, CancellationToken stop)
    {
        var sent = 0L;
        while (!stop.IsCancellationRequested)
        {
            Assert.Equal(1, await subscriber.PublishAsync(RedisChannel.Literal("ticks"), ++sent));
        }

        return sent;
    }

    private static long Epoch(JsonElement cache) => cache.GetProperty("shards")[0].GetProperty("epoch").GetInt64();

    private static int PrimaryOf(JsonElement cache) => Installation.Primary(cache).GetProperty("ordinal").GetInt32();
}
