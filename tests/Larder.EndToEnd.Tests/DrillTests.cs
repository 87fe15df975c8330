using System.Text.Json;
using Larder.EndToEnd.Tests.Harness;
using Xunit;

namespace Larder.EndToEnd.Tests;

/// <summary><c>larder drill</c>: a real failure under a load of its own, and an honest report.</summary>
public sealed class DrillTests
{
    [Theory]
    [InlineData("kill", "redis")]
    [InlineData("kill", "valkey")]
    [InlineData("kill", "garnet")]
    [InlineData("hang", "redis")]
    [InlineData("handover", "redis")]
    public async Task A_drill_reports_what_clients_saw_and_leaves_nothing_behind(string fault, string engine)
    {
        await using var larder = new Installation();
        var before = await larder.UpAsync(larder.DevelopmentSpec(engine: engine));
        var report = (await larder.RunAsync("drill", "dev", "--fault", fault, "--seconds", "2", "--output", "json")).Succeeded().Json;
        Assert.Equal(("dev", fault, 8), (report.GetProperty("cache").GetString(), report.GetProperty("fault").GetString(), report.GetProperty("clients").GetInt32()));
        Assert.True(report.GetProperty("acknowledged").GetInt64() > 0, $"{report}");
        Assert.True(report.GetProperty("firstWriteMs").GetDouble() > 0, $"{report}");
        Assert.True(report.GetProperty("longestPauseMs").GetDouble() > 0, $"{report}");
        Assert.Equal(0, report.GetProperty("doubled").GetInt64());
        if (fault == "handover")
        {
            Assert.Equal((0, 0L, 0L), (report.GetProperty("errors").GetArrayLength(), report.GetProperty("lost").GetInt64(), report.GetProperty("uncertain").GetInt64()));
        }

        var after = await larder.WaitAsync("dev", "Ready again", Installation.IsReady);
        Assert.NotEqual(Installation.Primary(before).GetProperty("ordinal").GetInt32(), Installation.Primary(after).GetProperty("ordinal").GetInt32());
        Assert.Equal("0", (await larder.RedisCliAsync("dev", "DBSIZE")).Succeeded().Output.Trim());
        var kinds = (await larder.RunAsync("events", "dev", "--output", "json")).Succeeded().Json.EnumerateArray().Select(happened => happened.GetProperty("kind").GetString());
        Assert.Contains(fault == "handover" ? "HandedOver" : "FaultInjected", kinds);
    }

    [Fact]
    public async Task The_table_has_every_number_and_a_production_cache_is_not_touched_without_yes()
    {
        await using var larder = new Installation();
        var cache = await larder.UpAsync(larder.Spec(
            """
            name: dev
            preset: production
            engine: redis
            memory_mb: 64
            redis:
              replicas_per_primary: 1
            """));
        var refused = await larder.RunAsync("drill", "dev");
        Assert.True(refused.ExitCode == 2, $"{refused}");
        Assert.Contains("--yes", refused.Error, StringComparison.Ordinal);
        Assert.Equal(Pids(cache), Pids(await larder.ShowAsync("dev")));

        var table = (await larder.RunAsync("drill", "dev", "--fault", "handover", "--seconds", "1", "--yes")).Succeeded().Output;
        foreach (var row in new[] { "outcome", "writes acknowledged", "errors", "longest pause of a client", "first write after the fault", "acknowledged writes lost", "writes carried out twice" })
        {
            Assert.Contains(row, table, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Without_a_replica_in_sync_a_drill_is_refused_with_the_reason()
    {
        await using var larder = new Installation();
        var cache = await larder.UpAsync(larder.DevelopmentSpec());
        var replica = Installation.Nodes(cache).Single(node => node.GetProperty("role").GetString() == "replica").GetProperty("pid").GetInt32();
        (await Command.RunAsync("kill", ["-STOP", $"{replica}"])).Succeeded();
        await larder.WaitAsync("dev", "Degraded", seen => !Installation.IsReady(seen));
        var refused = await larder.RunAsync("drill", "dev");
        Assert.True(refused.ExitCode == 2, $"{refused}");
        Assert.Contains("node 1 is Down", refused.Error, StringComparison.Ordinal);
        (await Command.RunAsync("kill", ["-CONT", $"{replica}"])).Succeeded();
    }

    private static IEnumerable<int> Pids(JsonElement cache) => Installation.Nodes(cache).Select(node => node.GetProperty("pid").GetInt32());
}
