using System.Text.Json;
using Larder.EndToEnd.Tests.Harness;
using Xunit;

namespace Larder.EndToEnd.Tests.Data;

/// <summary>Whole data goes into clustered caches and out of them: from files of other numbers of shards, from backups, from logs.</summary>
public sealed class ClusterTransferTests(SharedClusterInstallation shared) : IClassFixture<SharedClusterInstallation>
{
    private const int More = 400;
    private readonly Installation _larder = shared.Larder;

    [Theory]
    [InlineData(0, "redis", "7.0", 3, "redis", "8.0", "AOF")]
    [InlineData(3, "redis", "7.0", 2, "valkey", "8.1", "RDB")]
    [InlineData(2, "valkey", "8.1", 4, "redis", "8.0", "Disabled")]
    [InlineData(3, "redis", "7.0", 0, "redis", "8.0", "AOF")]
    public async Task A_round_trip_between_numbers_of_shards_keeps_every_key_type_value_and_time_to_live(
        int fromShards, string fromEngine, string fromVersion, int toShards, string toEngine, string toVersion, string persistence)
    {
        var from = await shared.UpAsync("from", fromShards, fromEngine, fromVersion);
        var to = await shared.UpAsync("to", toShards, toEngine, toVersion, persistence);
        var written = await DataSet.WrittenAsync(_larder, from, clustered: true, More);
        await using (var redis = await _larder.ConnectAsync(to))
        {
            await redis.GetDatabase().StringSetAsync("old", "gone afterwards");
        }

        (await _larder.RunAsync("export", from, "--prefix", $"{from}/")).Succeeded();
        Assert.Equal(Math.Max(1, fromShards), Directory.GetFiles(Path.Combine(_larder.Home, "storages", "local", from), "shard-*.rdb").Length);
        var imported = (await _larder.RunAsync("import", to, "--prefix", $"{from}/", "--yes")).Succeeded();
        Assert.Contains($"{11 + More} keys", imported.Output, StringComparison.Ordinal);
        await _larder.WaitAsync(to, "Ready", Installation.IsReady);
        Assert.Equal(written, await DataSet.ReadAsync(_larder, to, clustered: true));
        Assert.Empty(Directory.GetDirectories(Path.Combine(_larder.Home, "caches", to), "before-*", SearchOption.AllDirectories));
        Assert.Equal(11 + More, await KeysAsync(to, expectedShards: Math.Max(1, toShards)));
        if (persistence == "AOF")
        {
            await _larder.KillNodesAsync(to);
            Assert.Equal(written, await DataSet.ReadAsync(_larder, to, clustered: true));
        }

        (await _larder.RunAsync("delete", to, "--yes")).Succeeded();
        (await _larder.RunAsync("delete", from, "--yes")).Succeeded();
    }

    [Fact]
    public async Task Keys_of_other_databases_are_counted_and_refused_or_left_out_when_asked_and_functions_are_in_every_shard()
    {
        var from = await shared.UpAsync("from", 0);
        var to = await shared.UpAsync("to", 3);
        var all = await DataSet.WrittenAsync(_larder, from);
        await _larder.EngineAsync(from, Installation.Primary(await _larder.ShowAsync(from)).GetProperty("ordinal").GetInt32(),
            "FUNCTION", "LOAD", "#!lua name=mine\nredis.register_function('one', function() return 1 end)");
        var before = await DataSet.WrittenAsync(_larder, to, clustered: true, more: 1);
        (await _larder.RunAsync("export", from, "--prefix", $"{from}-")).Succeeded();

        var refused = await _larder.RunAsync("import", to, $"{from}-shard-0000.rdb", "--yes");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("has 1 key in database 3", refused.Error, StringComparison.Ordinal);
        Assert.Contains("--drop-other-databases", refused.Error, StringComparison.Ordinal);
        Assert.Equal(before, await DataSet.ReadAsync(_larder, to, clustered: true));

        var unclustered = await _larder.RunAsync("import", from, $"{from}-shard-0000.rdb", "--drop-other-databases", "--yes");
        Assert.Equal(2, unclustered.ExitCode);
        Assert.Contains("is not clustered", unclustered.Error, StringComparison.Ordinal);

        var imported = (await _larder.RunAsync("import", to, $"{from}-shard-0000.rdb", "--drop-other-databases", "--yes")).Succeeded();
        Assert.Contains("11 keys", imported.Output, StringComparison.Ordinal);
        Assert.Contains("1 key of other databases than 0", imported.Output, StringComparison.Ordinal);
        Assert.Equal(all.Where(line => line.StartsWith("0 ", StringComparison.Ordinal)), await DataSet.ReadAsync(_larder, to, clustered: true));
        foreach (var node in Installation.Nodes(await _larder.ShowAsync(to)).Where(node => node.GetProperty("role").GetString() == "primary"))
        {
            Assert.Equal("1", await _larder.EngineAsync(to, node.GetProperty("ordinal").GetInt32(), "FCALL", "one", "0"));
        }
    }

    [Fact]
    public async Task Files_that_may_have_the_same_keys_are_put_together_first_and_the_later_one_wins()
    {
        var (one, two) = (await shared.UpAsync("one", 2), await shared.UpAsync("two", 0));
        var written = await DataSet.WrittenAsync(_larder, one, clustered: true);
        await using (var redis = await _larder.ConnectAsync(two))
        {
            await redis.GetDatabase().StringSetAsync("text", "of two");
            await redis.GetDatabase().StringSetAsync("only two", "x", TimeSpan.FromHours(1));
        }

        (await _larder.RunAsync("export", one, "--prefix", $"{one}/")).Succeeded();
        (await _larder.RunAsync("export", two, "--prefix", $"{two}/")).Succeeded();
        (await _larder.RunAsync(
            "import", one, $"{one}/shard-0000.rdb", $"{one}/shard-0001.rdb", $"{two}/shard-0000.rdb", "--yes")).Succeeded();
        var merged = await DataSet.ReadAsync(_larder, one, clustered: true);
        Assert.Equal(12, merged.Count);
        Assert.Equal(10, merged.Intersect(written).Count());
        await using var after = await _larder.ConnectAsync(one);
        Assert.Equal("of two", await after.GetDatabase().StringGetAsync("text"));
        Assert.True(await after.GetDatabase().KeyTimeToLiveAsync("only two") > TimeSpan.FromMinutes(59));
    }

    [Fact]
    public async Task After_the_loss_of_all_data_or_of_one_shard_s_the_backup_brings_back_what_was_lost()
    {
        var dev = await shared.UpAsync("dev", 3, persistence: "RDB", more: "backup:\n  storage: local\n  restore: automatic");
        var written = await DataSet.WrittenAsync(_larder, dev, clustered: true, More);
        (await _larder.RunAsync("backup", dev)).Succeeded();
        (await _larder.RunAsync("down")).Succeeded();
        Directory.Delete(Damage.Nodes(_larder, dev), recursive: true);
        (await _larder.RunAsync("up", "--detach")).Succeeded();
        Assert.Contains("It is restored from backup", await _larder.EventAsync(dev, "DataLost"), StringComparison.Ordinal);
        await _larder.EventAsync(dev, "DataRestored");
        await _larder.WaitAsync(dev, "Ready", Installation.IsReady);
        Assert.Equal(written, await DataSet.ReadAsync(_larder, dev, clustered: true));

        // The others keep what they have, also what came after the backup.
        await using (var redis = await _larder.ConnectAsync(dev))
        {
            for (var key = 0; key < 50; key++)
            {
                await redis.GetDatabase().StringSetAsync($"after {key}", key);
            }
        }

        var restores = await CountAsync(dev, "DataRestored") + 1;
        (await _larder.RunAsync("down")).Succeeded();
        foreach (var node in new[] { 2, 3 })
        {
            Directory.Delete(Damage.Node(_larder, dev, node), recursive: true);
        }

        (await _larder.RunAsync("up", "--detach")).Succeeded();
        await Installation.UntilAsync("the shard is restored", async () => await CountAsync(dev, "DataRestored") == restores);
        Assert.Contains("only shard 1 had lost data", await _larder.EventAsync(dev, "DataRestored"), StringComparison.Ordinal);
        await _larder.WaitAsync(dev, "Ready", Installation.IsReady);
        var after = await DataSet.ReadAsync(_larder, dev, clustered: true);
        Assert.Equal(written, written.Intersect(after));
        Assert.InRange(after.Count - written.Count, 10, 49);

        // And another cache gets all of it, with other nodes.
        var other = shared.Name("other");
        (await _larder.RunAsync("restore", dev, "--into", other)).Succeeded();
        Assert.Equal(written, await DataSet.ReadAsync(_larder, other, clustered: true));
        var again = await _larder.RunAsync("restore", other, "--from", dev);
        Assert.Equal(2, again.ExitCode);
        Assert.Contains($"holds {written.Count} keys", again.Error, StringComparison.Ordinal);
        (await _larder.RunAsync("delete", other, "--yes")).Succeeded();
        (await _larder.RunAsync("delete", dev, "--yes")).Succeeded();
    }

    [Theory]
    [InlineData("transfer")]
    [InlineData("before-*")]
    public async Task A_daemon_that_dies_in_an_import_finishes_it_in_all_shards_when_it_is_back(string sign)
    {
        var from = await shared.UpAsync("from", 2);
        var to = await shared.UpAsync("to", 3, persistence: "AOF");
        var written = await DataSet.WrittenAsync(_larder, from, clustered: true, More);
        (await _larder.RunAsync("export", from, "--prefix", $"{from}/")).Succeeded();
        using var import = _larder.Begin("import", to, "--prefix", $"{from}/", "--yes");
        await Installation.UntilAsync(
            $"the import has come to {sign}",
            () => Directory.GetDirectories(Path.Combine(_larder.Home, "caches", to), sign, SearchOption.AllDirectories).Length > 0);
        System.Diagnostics.Process.GetProcessById(_larder.DaemonPid).Kill();
        await import.WaitForExitAsync(TestContext.Current.CancellationToken);
        (await _larder.RunAsync("up", "--detach")).Succeeded();
        await _larder.EventAsync(to, "DataImported");
        await _larder.WaitAsync(to, "Ready", Installation.IsReady);
        Assert.Equal(written, await DataSet.ReadAsync(_larder, to, clustered: true));
        (await _larder.RunAsync("delete", to, "--yes")).Succeeded();
        (await _larder.RunAsync("delete", from, "--yes")).Succeeded();
    }

    [Fact]
    public async Task While_the_number_of_shards_changes_no_data_is_read_or_replaced_as_a_whole()
    {
        var dev = await shared.UpAsync("dev", 2);
        var written = await DataSet.WrittenAsync(_larder, dev, clustered: true, More);
        (await _larder.RunAsync("export", dev, "--prefix", $"{dev}/")).Succeeded();
        var wider = _larder.DevelopmentSpec(dev, more: $"  persistence: Disabled\n{SharedClusterInstallation.Clustered(3)}");
        using var scaling = _larder.Begin("apply", wider);
        await Installation.UntilAsync("it pauses", async () => (await _larder.RunAsync("scaling", dev, "pause")).ExitCode == 0);

        // It serves, and becomes no other by waiting.
        Assert.Contains($"scaling {dev} resume", (await _larder.RunAsync("up", wider, "--detach")).Succeeded().Error, StringComparison.Ordinal);
        Assert.True((await _larder.ShowAsync(dev)).GetProperty("scaling").GetProperty("paused").GetBoolean());
        foreach (var arguments in new string[][] { ["import", dev, "--prefix", $"{dev}/", "--yes"], ["export", dev, "--prefix", "other/"], ["backup", dev] })
        {
            var refused = await _larder.RunAsync(arguments);
            Assert.True(refused.ExitCode != 0, $"{refused}");
            Assert.Contains("is being changed from 2 to 3 shards", refused.Error, StringComparison.Ordinal);
        }

        (await _larder.RunAsync("scaling", dev, "resume")).Succeeded();
        await scaling.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, scaling.ExitCode);
        (await _larder.RunAsync("import", dev, "--prefix", $"{dev}/", "--yes")).Succeeded();
        Assert.Equal(written, await DataSet.ReadAsync(_larder, dev, clustered: true));
        Assert.Equal(written.Count, await KeysAsync(dev, expectedShards: 3));
        (await _larder.RunAsync("delete", dev, "--yes")).Succeeded();
    }

    [Fact]
    public async Task A_past_second_is_rebuilt_from_the_logs_of_all_shards_also_of_one_before_slots_moved()
    {
        const string Window = "backup:\n  window_hours: 1";
        var dev = await shared.UpAsync("dev", 2, persistence: "AOF", more: Window);
        await NextSecondAsync(); // The histories must have begun in a second before.
        var written = await DataSet.WrittenAsync(_larder, dev, clustered: true, More);
        var then = await NextSecondAsync();
        await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken); // A second that is so close to the first move has no answer.
        await using (var redis = await _larder.ConnectAsync(dev))
        {
            foreach (var key in new[] { "text", "list", "hash" })
            {
                await redis.GetDatabase().KeyDeleteAsync(key);
            }

            await redis.GetDatabase().StringSetAsync("later", "1");
        }

        (await _larder.RunAsync("apply", _larder.DevelopmentSpec(dev, more: $"  persistence: AOF\n{SharedClusterInstallation.Clustered(3)}{Window}"))).Succeeded();
        var during = TimeProvider.System.GetUtcNow();
        (await _larder.RunAsync("restore", dev, "--at", then.ToString("u"), "--replace", "--yes")).Succeeded();
        Assert.Equal(written, await DataSet.ReadAsync(_larder, dev, clustered: true));
        var refused = await _larder.RunAsync("restore", dev, "--at", during.AddSeconds(-1).ToString("u"), "--replace", "--yes");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("slots moved from shard to shard", refused.Error, StringComparison.Ordinal);
        (await _larder.RunAsync("delete", dev, "--yes")).Succeeded();
    }

    // The log counts in seconds: what is written next must be of another one.
    private static async Task<DateTimeOffset> NextSecondAsync()
    {
        var now = TimeProvider.System.GetUtcNow();
        var then = DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds());
        await Task.Delay(then.AddSeconds(1.2) - now, TestContext.Current.CancellationToken);
        return then;
    }

    private async Task<int> CountAsync(string cache, string kind) => (await _larder.EventsAsync(cache)).Count(happened => happened.Kind == kind);

    /// <summary>Keys of all primaries, as their engines count them: none has one that it should not.</summary>
    private async Task<int> KeysAsync(string cache, int expectedShards)
    {
        var primaries = Installation.Nodes(await _larder.ShowAsync(cache)).Where(node => node.GetProperty("role").GetString() == "primary").ToList();
        Assert.Equal(expectedShards, primaries.Count);
        var sum = 0;
        foreach (JsonElement primary in primaries)
        {
            sum += int.Parse(await _larder.EngineAsync(cache, primary.GetProperty("ordinal").GetInt32(), "DBSIZE"), System.Globalization.CultureInfo.InvariantCulture);
        }

        return sum;
    }
}
