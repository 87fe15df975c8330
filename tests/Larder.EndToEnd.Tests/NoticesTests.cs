using System.Collections.Concurrent;
using System.Diagnostics;
using Larder.EndToEnd.Tests.Harness;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;
using StackExchange.Redis.Maintenance;
using Xunit;

namespace Larder.EndToEnd.Tests;

/// <summary>Real clients are told of a real change of the primary, in both dialects.</summary>
public sealed class NoticesTests
{
    [Theory]
    [InlineData("redis", "8.0")]
    [InlineData("valkey", "8.1")]
    [InlineData("garnet", "latest")]
    public async Task StackExchange_Redis_is_told_of_a_handover_and_of_a_killed_primary(string engine, string version)
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.DevelopmentSpec(engine: engine, version: version));
        var options = await larder.ClientAsync("dev");
        options.Defaults = new AzureOptionsProvider();
        options.Protocol = RedisProtocol.Resp3;
        options.MaintenanceNotifications = MaintenanceNotificationMode.Enabled; // a server that refuses is an error
        await using var redis = await ConnectionMultiplexer.ConnectAsync(options);
        var told = new BlockingCollection<string>();
        redis.ServerMaintenanceEvent += (_, happened) => told.Add(
            happened is AzureMaintenanceEvent azure ? $"{azure.NotificationType}" : $"{((PushMaintenanceEvent)happened).NotificationType}");
        Assert.True(await redis.GetDatabase().StringSetAsync("a", 1));

        (await larder.RunAsync("failover", "dev")).Succeeded();
        Assert.Equal(
            "FailedOver FailingOver NodeMaintenanceEnded NodeMaintenanceFailoverComplete NodeMaintenanceStart NodeMaintenanceStarting", Take(told, 6));
        Assert.Equal(1, (int)await redis.GetDatabase().StringGetAsync("a"));

        var ready = await larder.WaitAsync("dev", "Ready again", Installation.IsReady);
        Process.GetProcessById(Installation.Primary(ready).GetProperty("pid").GetInt32()).Kill();
        // A replica may be the primary before the gateway has heard that there is none: then there is nothing to be told of the time between.
        var heard = Take(told, 2);
        Assert.Contains(heard, (string[])["FailedOver NodeMaintenanceFailoverComplete", "FailedOver FailingOver", "FailingOver NodeMaintenanceFailoverComplete"]);
        if (heard.Contains("FailingOver", StringComparison.Ordinal))
        {
            Assert.Equal("FailedOver FailingOver NodeMaintenanceFailoverComplete", string.Join(' ', $"{heard} {Take(told, 1)}".Split(' ').Order(StringComparer.Ordinal)));
        }

        Assert.Equal(1, (int)await redis.GetDatabase().StringGetAsync("a"));
    }

    [Fact]
    public async Task Node_redis_is_told_of_a_handover_while_it_works()
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.DevelopmentSpec());
        var result = await Command.RunAsync(
            "node", [Path.Combine(Installation.Root, "tests", "clients", "node-redis-notices.mjs")],
            new Dictionary<string, string>
            {
                ["LARDER_PROGRAM"] = Installation.Program,
                ["LARDER_HOME"] = larder.Home,
                ["LARDER_PORT"] = $"{larder.TlsPort}",
                ["LARDER_CA"] = larder.CaFile,
                ["LARDER_KEY"] = await larder.KeyAsync("dev"),
                ["LARDER_SERVER_NAME"] = "dev.redis.localhost",
            });
        Assert.True(result.ExitCode == 0, $"{result}");
        Assert.EndsWith("scenario passed", result.Output.Trim(), StringComparison.Ordinal);
    }

    /// <summary>What came, in alphabetical order, since the library calls handlers side by side.</summary>
    private static string Take(BlockingCollection<string> told, int count) => string.Join(
        ' ', Enumerable.Range(0, count).Select(_ => told.TryTake(out var next, TimeSpan.FromSeconds(15)) ? next : "(nothing)").Order(StringComparer.Ordinal));
}
