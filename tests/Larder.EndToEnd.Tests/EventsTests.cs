using System.Diagnostics;
using System.Text.Json;
using Larder.EndToEnd.Tests.Harness;
using Xunit;

namespace Larder.EndToEnd.Tests;

/// <summary>What happened to a cache can be read afterwards, whoever was restarted meanwhile.</summary>
public sealed class EventsTests
{
    [Fact]
    public async Task The_journal_tells_a_failover_a_handover_and_a_replaced_key_and_outlives_the_daemon()
    {
        await using var larder = new Installation();
        var before = await larder.UpAsync(larder.DevelopmentSpec());
        Process.GetProcessById(Installation.Primary(before).GetProperty("pid").GetInt32()).Kill();
        await larder.WaitAsync("dev", "Ready in epoch 2", cache => Installation.IsReady(cache) && Epoch(cache) == 2);
        (await larder.RunAsync("failover", "dev")).Succeeded();
        (await larder.RunAsync("regenerate-key", "dev", "secondary")).Succeeded();
        await larder.WaitAsync("dev", "Ready in epoch 3", cache => Installation.IsReady(cache) && Epoch(cache) == 3);
        var events = await EventsAsync(larder);
        var kinds = events.Select(Kind).ToList();
        Assert.Equal("PrimaryPromoted", kinds.First(kind => kind is "PrimaryPromoted" or "PrimaryLost"));
        var lost = kinds.IndexOf("PrimaryLost");
        Assert.True(kinds.IndexOf("CacheCreated") < kinds.IndexOf("NodeEnded") && kinds.IndexOf("NodeEnded") < lost, string.Join(" ", kinds));
        Assert.True(lost < kinds.LastIndexOf("PrimaryPromoted") && kinds.LastIndexOf("PrimaryPromoted") < kinds.IndexOf("HandedOver"), string.Join(" ", kinds));
        Assert.True(kinds.IndexOf("HandedOver") < kinds.IndexOf("KeyRegenerated"), string.Join(" ", kinds));
        Assert.Equal(Enumerable.Range(1, events.Count).Select(i => (long)i), events.Select(Sequence));

        (await larder.RunAsync("down")).Succeeded();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(larder.Home, "events", "dev.jsonl")));
        (await larder.RunAsync("up", "--detach")).Succeeded();
        var after = await EventsAsync(larder);
        Assert.Equal(events.Select(happened => happened.GetRawText()), after.Take(events.Count).Select(happened => happened.GetRawText()));
        Assert.Contains("HandedOver", (await larder.RunAsync("events", "dev")).Succeeded().Output, StringComparison.Ordinal);

        Assert.Equal(2, (await larder.RunAsync("events", "nobody")).ExitCode);
        (await larder.RunAsync("delete", "dev", "--yes")).Succeeded();
        Assert.False(File.Exists(Path.Combine(larder.Home, "events", "dev.jsonl")));
    }

    [Fact]
    public async Task Followers_hear_until_the_daemon_stops_in_order()
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.DevelopmentSpec());
        using var following = larder.Start("events", "dev", "--follow", "--output", "json");
        var heard = new List<JsonElement>();
        var regenerated = false;
        while (await following.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            heard.Add(JsonDocument.Parse(line).RootElement);
            if (Kind(heard[^1]) == "CacheCreated" && !regenerated)
            {
                (await larder.RunAsync("regenerate-key", "dev", "primary")).Succeeded();
                regenerated = true;
            }

            if (Kind(heard[^1]) == "KeyRegenerated")
            {
                (await larder.RunAsync("down")).Succeeded();
            }
        }

        await following.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, following.ExitCode);
        Assert.Contains("KeyRegenerated", heard.Select(Kind));
        Assert.Equal(Enumerable.Range(1, heard.Count).Select(i => (long)i), heard.Select(Sequence));
    }

    private static async Task<List<JsonElement>> EventsAsync(Installation larder) =>
        [.. (await larder.RunAsync("events", "dev", "--output", "json")).Succeeded().Json.EnumerateArray()];

    private static long Epoch(JsonElement cache) => cache.GetProperty("shards")[0].GetProperty("epoch").GetInt64();

    private static string Kind(JsonElement happened) => happened.GetProperty("kind").GetString()!;

    private static long Sequence(JsonElement happened) => happened.GetProperty("sequence").GetInt64();
}
