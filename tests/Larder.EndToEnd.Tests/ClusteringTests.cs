using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Larder.EndToEnd.Tests.Harness;
using StackExchange.Redis;
using Xunit;

namespace Larder.EndToEnd.Tests;

/// <summary>Turning clustering on for a cache that exists: nothing is lost, clients wait and go on, and what cannot be completed is undone.</summary>
public sealed class ClusteringTests
{
    [Theory]
    [InlineData("redis", "7.0", "AOF", 1)]
    [InlineData("valkey", "latest", "RDB", 2)]
    [InlineData("redis", "latest", "Disabled", 3)]
    public async Task A_cache_in_use_becomes_a_cluster_and_then_has_two_shards(string engine, string version, string persistence, int replicas)
    {
        await using var larder = new Installation(nodePorts: 8);
        string At(int shards) => Spec(larder, shards, engine, version, persistence, replicas);
        await larder.UpAsync(At(0));
        await using var redis = await ConnectAsync(larder);
        await WriteAllTypesAsync(redis.GetDatabase());

        // What the log still says of another database must not come to life in the one that is left.
        await redis.GetDatabase(3).StringSetAsync("text", "of database 3");
        await RefusedAsync(larder, At(1), "database 3 holds 1 key");
        await redis.GetDatabase(3).KeyDeleteAsync("text");
        await larder.WaitAsync("dev", "without other databases", cache => Installation.Primary(cache).GetProperty("keys").GetInt64() == AllTypes);

        var heard = new ConcurrentQueue<string>();
        await redis.GetSubscriber().SubscribeAsync(RedisChannel.Literal("news"), (_, message) => heard.Enqueue(message!));
        var blocked = larder.RedisCliAsync("dev", "BLPOP", "waiting", "100");
        await Installation.UntilAsync("a client waits", async () => (await larder.RedisCliAsync("dev", "CLIENT", "LIST")).Output.Contains("cmd=blpop", StringComparison.Ordinal));
        await using var writer = Writer.Start(redis);
        await writer.PassAsync(50);

        var planned = (await larder.RunAsync("plan", At(1))).Succeeded().Output;
        Assert.Contains("cannot be turned off again", planned, StringComparison.Ordinal);
        Assert.Contains("Commands wait", planned, StringComparison.Ordinal);
        (await larder.RunAsync("apply", At(1))).Succeeded();
        var shown = await larder.ShowAsync("dev");
        Assert.Equal("0-16383", Assert.Single(Shards(shown)).GetProperty("slots").GetString());
        Assert.Equal(larder.NodeTlsPort, Installation.Nodes(shown)[0].GetProperty("tlsPort").GetInt32());
        await writer.PassAsync(50);
        Assert.Contains("commands waited for", await larder.EventAsync("dev", "ClusteringCompleted"), StringComparison.Ordinal);
        Assert.Contains("cluster_state:ok", (await larder.RedisCliAsync("dev", "CLUSTER", "INFO")).Output, StringComparison.Ordinal);
        Assert.Contains("not allowed in cluster mode", (await larder.RedisCliAsync("dev", "-n", "3", "GET", "text")).ToString(), StringComparison.Ordinal);

        // Who waited or listened still does.
        Assert.Equal(1, await redis.GetDatabase().ListRightPushAsync("waiting", "here"));
        Assert.Contains("here", (await blocked.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)).Succeeded().Output, StringComparison.Ordinal);
        await using var other = await ConnectAsync(larder);
        await other.GetSubscriber().PublishAsync(RedisChannel.Literal("news"), "all is well");
        await Installation.UntilAsync("the subscriber hears", () => heard.Contains("all is well"));
        await RefusedAsync(larder, At(0), "cannot be turned off");

        // A client with an engine connection of its own is told of slots that are on their way to another shard; what is acknowledged counts all the same.
        Assert.Empty(writer.Errors);
        var scaled = await larder.UpAsync(At(2));
        Assert.Equal(2, Shards(scaled).Length);
        await writer.StopAsync();
        await AssertAllThereAsync(other.GetDatabase(), writer);
        foreach (var node in Enumerable.Range(0, (replicas + 1) * 2))
        {
            Assert.False(Directory.EnumerateDirectories(NodeFolder(larder, node), "before-*").Any());
        }

        (await larder.RunAsync("down")).Succeeded();
        (await larder.RunAsync("up", "--detach")).Succeeded();
        await using var again = await ConnectAsync(larder);
        await AssertAllThereAsync(again.GetDatabase(), writer);
    }

    [Fact]
    public async Task With_more_shards_wanted_at_once_it_becomes_a_cluster_first_and_users_keep_their_keys()
    {
        await using var larder = new Installation(nodePorts: 8);
        const string Users = "access: { users: { bi: Data Reader } }\n";
        await larder.UpAsync(Spec(larder, 0, "valkey", "latest", "AOF_DUAL", 1, Users));
        await using (var redis = await ConnectAsync(larder))
        {
            await WriteAllTypesAsync(redis.GetDatabase());
        }

        var keys = (await larder.RunAsync("keys", "dev", "--user", "bi", "--output", "json")).Succeeded().Output;
        Assert.Equal(2, Shards(await larder.UpAsync(Spec(larder, 2, "valkey", "latest", "AOF_DUAL", 1, Users))).Length);
        Assert.Equal(keys, (await larder.RunAsync("keys", "dev", "--user", "bi", "--output", "json")).Succeeded().Output);
        var kinds = (await larder.EventsAsync("dev")).ConvertAll(happened => happened.Kind);
        Assert.True(kinds.IndexOf("ClusteringCompleted") < kinds.IndexOf("ScalingStarted"));
        await using var again = await ConnectAsync(larder);
        await AssertAllThereAsync(again.GetDatabase(), null);
        var options = await larder.ClientAsync("dev");
        options.User = "bi";
        options.Password = JsonDocument.Parse(keys).RootElement.GetProperty("primary").GetString();
        await using var reader = await ConnectionMultiplexer.ConnectAsync(options);
        Assert.Equal("kept", await reader.GetDatabase().StringGetAsync("text"));
        await Assert.ThrowsAsync<RedisServerException>(() => reader.GetDatabase().StringSetAsync("text", "changed"));
        (await larder.RunAsync("failover", "dev", "--shard", "0")).Succeeded();
        Assert.Equal("kept", await again.GetDatabase().StringGetAsync("text"));
    }

    [Fact]
    public async Task A_key_that_comes_to_another_database_meanwhile_is_counted_and_everything_is_as_before()
    {
        await using var larder = new Installation(nodePorts: 8);
        await larder.UpAsync(Spec(larder, 0));
        await using var redis = await ConnectAsync(larder);
        await WriteAllTypesAsync(redis.GetDatabase());
        var before = Installation.Nodes(await larder.ShowAsync("dev")).Select(Installation.Pid).ToList();

        using var apply = await SlowlySavingAsync(larder, Spec(larder, 1));
        await redis.GetDatabase(3).StringSetAsync("a", "1");
        await redis.GetDatabase(5).StringSetAsync([new("b", "1"), new("c", "1")]);
        var said = await apply.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await apply.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.NotEqual(0, apply.ExitCode);
        Assert.Contains("database 3 holds 1 key, database 5 holds 2 keys", said, StringComparison.Ordinal);

        var after = await larder.WaitAsync("dev", "Ready", Installation.IsReady);
        Assert.Equal(before, Installation.Nodes(after).Select(Installation.Pid));
        Assert.Equal("1", await redis.GetDatabase(3).StringGetAsync("a"));
        await AssertAllThereAsync(redis.GetDatabase(), null);
        Assert.Contains("database 3 holds 1 key", await larder.EventAsync("dev", "ClusteringUndone"), StringComparison.Ordinal);
        Assert.Contains("nothing to change", (await larder.RunAsync("plan", Spec(larder, 0))).Succeeded().Output, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Where the daemon is killed.</summary>
    public enum Moment
    {
        /// <summary>The nodes save, and nothing is held yet.</summary>
        Saving,

        /// <summary>The first node has ended.</summary>
        Stopping,

        /// <summary>What the primary had is kept.</summary>
        Kept,

        /// <summary>A node was prepared to start as one of a cluster.</summary>
        Starting,

        /// <summary>The cluster has a primary.</summary>
        Serving,
    }

    [Theory]
    [InlineData(Moment.Saving, "RDB")]
    [InlineData(Moment.Stopping, "AOF")]
    [InlineData(Moment.Kept, "Disabled")]
    [InlineData(Moment.Starting, "AOF")]
    [InlineData(Moment.Serving, "RDB")]
    public async Task Whenever_the_daemon_is_killed_the_next_one_goes_on_and_nothing_is_lost(Moment moment, string persistence)
    {
        await using var larder = new Installation(nodePorts: 8);
        await larder.UpAsync(Spec(larder, 0, persistence: persistence));
        await using (var redis = await ConnectAsync(larder))
        {
            await WriteAllTypesAsync(redis.GetDatabase());
        }

        var (daemon, pid) = (larder.DaemonPid, Installation.Pid(Installation.Primary(await larder.ShowAsync("dev")))!.Value);
        using var apply = moment == Moment.Saving ? await SlowlySavingAsync(larder, Spec(larder, 1, persistence: persistence)) : larder.Begin("apply", Spec(larder, 1, persistence: persistence));
        Func<bool> reached = moment switch
        {
            Moment.Saving => () => true,
            Moment.Stopping => () => !Directory.Exists($"/proc/{pid}"),
            Moment.Kept => () => Directory.EnumerateDirectories(NodeFolder(larder, 0), "before-*").Any(folder => !folder.EndsWith(".unfinished", StringComparison.Ordinal)),
            Moment.Starting => () => File.Exists(Path.Combine(NodeFolder(larder, 0), "data", "nodes.conf")),
            _ => () => File.Exists(Path.Combine(NodeFolder(larder, 0), "data", "nodes.conf")) && File.ReadAllText(Path.Combine(NodeFolder(larder, 0), "data", "nodes.conf")).Contains("myself,master", StringComparison.Ordinal),
        };
        while (!reached())
        {
            await Task.Yield();
        }

        Process.GetProcessById(daemon).Kill();
        await apply.WaitForExitAsync(TestContext.Current.CancellationToken);
        (await larder.RunAsync("up", "--detach")).Succeeded();
        var after = await larder.WaitAsync("dev", "a cluster", cache => Installation.IsReady(cache) && Shards(cache)[0].GetProperty("slots").GetString() == "0-16383"
            && cache.TryGetProperty("shards", out _) && Installation.Nodes(cache)[0].GetProperty("tlsPort").ValueKind == JsonValueKind.Number, TimeSpan.FromSeconds(60));
        Assert.Single(Shards(after));
        await using var again = await ConnectAsync(larder);
        await AssertAllThereAsync(again.GetDatabase(), null);
        Assert.Contains("cluster_state:ok", (await larder.RedisCliAsync("dev", "CLUSTER", "INFO")).Output, StringComparison.Ordinal);
        Assert.True(await again.GetDatabase().StringSetAsync("after", "1"));
    }

    [Theory]
    [InlineData("AOF")]
    [InlineData("Disabled")]
    public async Task A_cluster_that_does_not_start_is_undone_with_all_data_and_can_be_wanted_again(string persistence)
    {
        await using var larder = new Installation(nodePorts: 8);
        await larder.UpAsync(Spec(larder, 0, persistence: persistence));
        await using var redis = await ConnectAsync(larder);
        await WriteAllTypesAsync(redis.GetDatabase());
        await using var writer = Writer.Start(redis);
        await writer.PassAsync(50);

        // In the place of the file that says who belongs to the cluster: no node can start as one of it.
        var obstacles = new[] { 0, 1 }.Select(node => Path.Combine(NodeFolder(larder, node), "data", "nodes.conf")).ToList();
        obstacles.ForEach(obstacle => Directory.CreateDirectory(Path.Combine(obstacle, "full")));
        var refused = await larder.RunAsync("apply", Spec(larder, 1, persistence: persistence));
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("dev is no cluster, and has all that it had: an engine does not start", refused.ToString(), StringComparison.Ordinal);

        var after = await larder.WaitAsync("dev", "Ready", Installation.IsReady);
        Assert.Equal(JsonValueKind.Null, Installation.Nodes(after)[0].GetProperty("tlsPort").ValueKind);
        await writer.PassAsync(50);
        await redis.GetDatabase(3).StringSetAsync("a", "1");
        await redis.GetDatabase(3).KeyDeleteAsync("a");
        obstacles.ForEach(obstacle => Directory.Delete(obstacle, recursive: true));
        await larder.WaitAsync("dev", "without other databases", cache => Installation.Nodes(cache).All(node => node.GetProperty("state").GetString() == "InSync"));

        await Installation.UntilAsync("it becomes a cluster", async () => (await larder.RunAsync("apply", Spec(larder, 1, persistence: persistence))).ExitCode == 0);
        await writer.PassAsync(50);
        await writer.StopAsync();
        Assert.Empty(writer.Errors);
        await AssertAllThereAsync(redis.GetDatabase(), writer);
        Assert.Contains("cluster_state:ok", (await larder.RedisCliAsync("dev", "CLUSTER", "INFO")).Output, StringComparison.Ordinal);
    }

    private const int AllTypes = 7;

    /// <summary>A client with patience: what it waits for on a busy machine is no error.</summary>
    private static async Task<ConnectionMultiplexer> ConnectAsync(Installation larder)
    {
        var options = await larder.ClientAsync("dev");
        options.AsyncTimeout = 60_000;
        return await ConnectionMultiplexer.ConnectAsync(options);
    }

    private static async Task WriteAllTypesAsync(IDatabase database)
    {
        await database.StringSetAsync("text", "kept");
        await database.StringSetAsync("mortal", "kept", TimeSpan.FromHours(1));
        await database.HashSetAsync("hash", [new("a", "1"), new("b", "2")]);
        await database.ListRightPushAsync("list", ["a", "b", "c"]);
        await database.SetAddAsync("set", ["a", "b"]);
        await database.SortedSetAddAsync("sorted", [new("a", 1.5), new("b", 2)]);
        await database.StreamAddAsync("stream", "field", "value", "1-1");
    }

    private static async Task AssertAllThereAsync(IDatabase database, Writer? writer)
    {
        Assert.Equal("kept", await database.StringGetAsync("text"));
        var left = await database.KeyTimeToLiveAsync("mortal");
        Assert.InRange(left!.Value, TimeSpan.FromMinutes(50), TimeSpan.FromHours(1));
        Assert.Equal(2, (await database.HashGetAllAsync("hash")).Length);
        Assert.Equal(["a", "b", "c"], (await database.ListRangeAsync("list")).Select(value => (string)value!));
        Assert.Equal(2, await database.SetLengthAsync("set"));
        Assert.Equal(1.5, await database.SortedSetScoreAsync("sorted", "a"));
        Assert.Equal("1-1", Assert.Single(await database.StreamRangeAsync("stream")).Id);
        foreach (var number in writer?.Acknowledged ?? [])
        {
            Assert.Equal(number, (int)await database.StringGetAsync($"written:{number}"));
        }
    }

    /// <summary>Begins to apply a spec while each save takes so long that something can happen in it; comes back when the nodes save.</summary>
    private static async Task<Process> SlowlySavingAsync(Installation larder, string spec)
    {
        await larder.EngineAsync("dev", 0, "CONFIG", "SET", "rdb-key-save-delay", "300000");
        var apply = larder.Begin("apply", spec);
        await larder.WaitAsync("dev", "saving", cache => cache.GetProperty("message").GetString()!.Contains("all nodes save", StringComparison.Ordinal));
        await Installation.UntilAsync("the primary saves", async () => (await larder.EngineAsync("dev", 0, "INFO", "persistence")).Contains("rdb_bgsave_in_progress:1", StringComparison.Ordinal));
        await larder.EngineAsync("dev", 0, "CONFIG", "SET", "rdb-key-save-delay", "0");
        return apply;
    }

    private static async Task RefusedAsync(Installation larder, string spec, string reason)
    {
        await Installation.UntilAsync($"it is refused since {reason}", async () =>
        {
            var plan = await larder.RunAsync("plan", spec);
            return (plan.Output + plan.Error).Contains(reason, StringComparison.Ordinal);
        });
        var refused = await larder.RunAsync("apply", spec);
        Assert.True(refused.ExitCode == 2, $"{refused}");
        Assert.Contains(reason, refused.Error, StringComparison.Ordinal);
    }

    private static string Spec(
        Installation larder, int shards, string engine = "redis", string version = "7.0", string persistence = "RDB", int replicas = 1, string more = "") => larder.Spec(
        $$"""
        name: dev
        preset: development
        engine: {{engine}}
        memory_mb: 64
        failover: { hold_ms: 60000 }
        redis:
          redis_version: "{{version}}"
          persistence: {{persistence}}
          replicas_per_primary: {{replicas}}
        {{(shards > 0 ? $"cluster: {{ enable_cluster: true, shard_count: {shards} }}" : "")}}
        {{more}}
        """,
        $"dev-{shards}.yaml");

    private static string NodeFolder(Installation larder, int node) => Path.Combine(larder.Home, "caches", "dev", "nodes", $"{node}");

    private static JsonElement[] Shards(JsonElement cache) => [.. cache.GetProperty("shards").EnumerateArray()];

    /// <summary>Writes one key after the other, and counts what was acknowledged.</summary>
    private sealed class Writer : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly ConcurrentQueue<int> _acknowledged = new();
        private readonly ConcurrentQueue<string> _errors = new();
        private Task _work = Task.CompletedTask;

        public IEnumerable<int> Acknowledged => _acknowledged;

        public IEnumerable<string> Errors => _errors;

        public static Writer Start(ConnectionMultiplexer redis)
        {
            var writer = new Writer();
            writer._work = Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(() => writer.RunAsync(redis.GetDatabase(), worker))));
            return writer;
        }

        /// <summary>Waits until more were acknowledged.</summary>
        public Task PassAsync(int more)
        {
            var target = _acknowledged.Count + more;
            return Installation.UntilAsync($"{more} more writes are acknowledged", () => _acknowledged.Count >= target);
        }

        public async Task StopAsync()
        {
            await _stop.CancelAsync();
            await _work;
        }

        public async ValueTask DisposeAsync()
        {
            await StopAsync();
            _stop.Dispose();
        }

        private async Task RunAsync(IDatabase database, int worker)
        {
            for (var number = worker; !_stop.IsCancellationRequested; number += 4)
            {
                try
                {
                    await database.StringSetAsync($"written:{number}", number);
                    _acknowledged.Enqueue(number);
                }
                catch (RedisException exception)
                {
                    _errors.Enqueue(exception.Message);
                }

                // A few hundred a second are enough to be in everybody's way.
                await Task.Delay(5);
            }
        }
    }
}
