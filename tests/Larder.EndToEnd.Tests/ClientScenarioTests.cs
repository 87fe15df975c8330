using Larder.EndToEnd.Tests.Harness;
using StackExchange.Redis;
using Xunit;

namespace Larder.EndToEnd.Tests;

/// <summary>Real clients run a real scenario through the endpoint, on every engine.</summary>
public sealed class ClientScenarioTests
{
    public static TheoryData<string, string> Engines => new()
    {
        { "redis", "7.0" },
        { "redis", "8.0" },
        { "valkey", "8.1" },
        { "garnet", "latest" },
    };

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task StackExchange_Redis_runs_its_scenario(string engine, string version)
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.DevelopmentSpec(engine: engine, version: version));
        await using var redis = await larder.ConnectAsync("dev");
        var database = redis.GetDatabase();

        await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => database.StringSetAsync($"n:{i}", i)));
        Assert.Equal(499500, (await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => database.StringGetAsync($"n:{i}")))).Sum(value => (int)value));

        var large = new byte[5 << 20];
        new Random(1).NextBytes(large);
        await database.StringSetAsync("large", large);
        Assert.Equal(large, (byte[]?)await database.StringGetAsync("large"));

        await database.HashSetAsync("{u}:hash", [new("a", 1), new("b", 2)]);
        Assert.Equal(2, await database.HashLengthAsync("{u}:hash"));
        await database.ListRightPushAsync("{u}:list", ["x", "y", "z"]);
        Assert.Equal("x", await database.ListLeftPopAsync("{u}:list"));
        await database.SortedSetAddAsync("{u}:board", [new("ann", 3), new("bob", 5)]);
        Assert.Equal("bob", (await database.SortedSetRangeByRankAsync("{u}:board", order: Order.Descending))[0]);

        var transaction = database.CreateTransaction();
        transaction.AddCondition(Condition.KeyNotExists("{t}:once"));
        var incremented = transaction.StringIncrementAsync("{t}:once");
        Assert.True(await transaction.ExecuteAsync());
        Assert.Equal(1, await incremented);
        var refused = database.CreateTransaction();
        refused.AddCondition(Condition.KeyNotExists("{t}:once"));
        _ = refused.StringIncrementAsync("{t}:once");
        Assert.False(await refused.ExecuteAsync());

        var heard = new TaskCompletionSource<string>();
        await redis.GetSubscriber().SubscribeAsync(RedisChannel.Literal("news"), (_, message) => heard.TrySetResult(message!));
        await redis.GetSubscriber().PublishAsync(RedisChannel.Literal("news"), "hello");
        Assert.Equal("hello", await heard.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));

        Assert.Equal(3, (int)await database.ScriptEvaluateAsync("return redis.call('INCRBY', KEYS[1], ARGV[1])", ["script"], [3]));
        if (engine != "garnet")
        {
            var id = await database.StreamAddAsync("stream", "field", "value");
            Assert.Equal(id, Assert.Single(await database.StreamRangeAsync("stream")).Id);
        }
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Redis_cli_runs_its_scenario(string engine, string version)
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.DevelopmentSpec(engine: engine, version: version));
        Assert.Equal("PONG", (await larder.RedisCliAsync("dev", "PING")).Output.Trim());
        Assert.Equal("OK", (await larder.RedisCliAsync("dev", "SET", "k", "v", "EX", "100")).Output.Trim());
        Assert.Equal("v", (await larder.RedisCliAsync("dev", "GET", "k")).Output.Trim());
        Assert.Equal("v", (await larder.RedisCliAsync("dev", "-3", "GET", "k")).Output.Trim().Trim('"'));
        Assert.InRange(int.Parse((await larder.RedisCliAsync("dev", "TTL", "k")).Output, System.Globalization.CultureInfo.InvariantCulture), 1, 100);
        Assert.Contains("k", (await larder.RedisCliAsync("dev", "--scan")).Output, StringComparison.Ordinal);
        Assert.Equal("1", (await larder.RedisCliAsync("dev", "DBSIZE")).Output.Trim());
        Assert.Contains("role:master", (await larder.RedisCliAsync("dev", "INFO", "replication")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Ioredis_runs_its_scenario(string engine, string version)
    {
        await RunAsync("ioredis-scenario.mjs", engine, version);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Node_redis_runs_its_scenario(string engine, string version)
    {
        await RunAsync("node-redis-scenario.mjs", engine, version);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_job_queue_on_ioredis_does_each_job_once(string engine, string version)
    {
        await RunAsync("queue-scenario.mjs", engine, version);
    }

    private static async Task RunAsync(string scenario, string engine, string version)
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.DevelopmentSpec(engine: engine, version: version));
        var result = await Command.RunAsync(
            "node", [Path.Combine(Installation.Root, "tests", "clients", scenario)],
            new Dictionary<string, string>
            {
                ["LARDER_PORT"] = $"{larder.TlsPort}",
                ["LARDER_CA"] = larder.CaFile,
                ["LARDER_KEY"] = await larder.KeyAsync("dev"),
                ["LARDER_SERVER_NAME"] = "dev.redis.localhost",
                ["LARDER_STREAMS"] = engine == "garnet" ? "no" : "yes",
            });
        Assert.True(result.ExitCode == 0, $"{result}");
        Assert.EndsWith("scenario passed", result.Output.Trim(), StringComparison.Ordinal);
    }
}
