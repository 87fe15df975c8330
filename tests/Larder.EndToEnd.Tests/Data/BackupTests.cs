using System.Text.Json;
using Larder.EndToEnd.Tests.Harness;
using Xunit;

namespace Larder.EndToEnd.Tests.Data;

/// <summary>Backups, and what comes back from them.</summary>
public sealed class BackupTests(SharedInstallation shared) : IClassFixture<SharedInstallation>
{
    private readonly Installation _larder = shared.Larder;

    [Fact]
    public async Task A_backup_is_taken_on_a_replica_checked_listed_and_the_older_one_retired()
    {
        var dev = await shared.UpAsync("dev", more: Rdb());
        Assert.Contains($"no backups of {dev}", (await _larder.RunAsync("backups", dev)).Succeeded().Output, StringComparison.Ordinal);
        await DataSet.WriteAsync(_larder, dev);
        (await _larder.RunAsync("backup", dev)).Succeeded();
        var first = await BackupAsync(dev);
        Assert.Equal(12, first.GetProperty("keys").GetInt64());
        Assert.True(first.GetProperty("trialLoaded").GetBoolean());
        var (kind, message) = (await _larder.EventsAsync(dev))[^1];
        Assert.Equal("BackupCompleted", kind);
        Assert.Contains("on a replica", message, StringComparison.Ordinal);

        (await _larder.RunAsync("backup", dev)).Succeeded();
        var second = await BackupAsync(dev);
        Assert.NotEqual(first.GetProperty("id").GetString(), second.GetProperty("id").GetString());
        Assert.Single(Directory.GetFiles(Path.Combine(_larder.Home, "storages", "local", "caches", dev), "*.rdb", SearchOption.AllDirectories));
        var backup = (await _larder.ShowAsync(dev)).GetProperty("backup");
        Assert.Equal(second.GetProperty("id").GetString(), backup.GetProperty("lastGoodId").GetString());
        Assert.False(backup.GetProperty("overdue").GetBoolean());
        Assert.Equal(2, backup.GetProperty("completed").GetInt64());
        Assert.True(backup.GetProperty("lastBytes").GetInt64() > 1000);

        // Both nodes would start with it: the primary has not had to write it.
        Assert.Equal(2, Damage.Snapshots(_larder, dev).Length);

        // A backup that fails is told, and the older one stays.
        var store = Path.Combine(_larder.Home, "storages", "local");
        Directory.Move(store, store + "-away");
        await File.WriteAllTextAsync(store, "a file where the folder was", TestContext.Current.CancellationToken);
        var failed = await _larder.RunAsync("backup", dev);
        Assert.NotEqual(0, failed.ExitCode);
        Assert.Contains("storage 'local'", failed.Error, StringComparison.Ordinal);
        Assert.Contains("is tried again after a pause", await _larder.EventAsync(dev, "BackupFailed"), StringComparison.Ordinal);
        File.Delete(store);
        Directory.Move(store + "-away", store);
        Assert.Equal(second.GetProperty("id").GetString(), (await BackupAsync(dev)).GetProperty("id").GetString());
        await _larder.WaitAsync(dev, "told of the failure", cache => cache.GetProperty("backup").GetProperty("failures").GetInt32() > 0);
    }

    [Fact]
    public async Task After_the_loss_of_the_whole_home_a_new_installation_restores_every_key()
    {
        var away = Directory.CreateTempSubdirectory("larder-away-").FullName;
        var keyFile = Path.Combine(away, "key");
        await File.WriteAllTextAsync(keyFile, Convert.ToBase64String(new byte[32]), TestContext.Current.CancellationToken);
        File.SetUnixFileMode(keyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        try
        {
            List<string> written;
            await using (var lost = new Installation())
            {
                Settings(lost, $$"""{"name":"nas","kind":"folder","path":"{{away}}/store","encryptionKeyFile":"{{keyFile}}"}""");
                await lost.UpAsync(lost.DevelopmentSpec(more: Rdb("  storage: nas")));
                written = await DataSet.WrittenAsync(lost, "dev");
                (await lost.RunAsync("backup", "dev")).Succeeded();
            }

            await using var larder = new Installation();
            Settings(larder, $$"""{"name":"nas","kind":"folder","path":"{{away}}/store","encryptionKeyFile":"{{keyFile}}"}""");
            await larder.UpAsync(larder.DevelopmentSpec(more: Rdb("  storage: nas")));
            var restored = (await larder.RunAsync("restore", "dev")).Succeeded();
            Assert.Contains("12 keys of backup", restored.Output, StringComparison.Ordinal);
            Assert.Equal(written, await DataSet.ReadAsync(larder, "dev"));
            Assert.Equal("DataRestored", (await larder.EventsAsync("dev"))[^1].Kind);

            // A second time it would replace what is there: refused with the ways out.
            var again = await larder.RunAsync("restore", "dev");
            Assert.Equal(2, again.ExitCode);
            Assert.Contains("--into", again.Error, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(away, recursive: true);
        }
    }

    [Fact]
    public async Task When_all_nodes_have_lost_their_data_the_spec_decides_and_the_user_is_told()
    {
        var automatic = await shared.UpAsync("automatic", more: Rdb("  restore: automatic"));
        var manual = await shared.UpAsync("manual", more: Rdb("  restore: manual"));
        foreach (var cache in new[] { automatic, manual })
        {
            await DataSet.WriteAsync(_larder, cache);
            (await _larder.RunAsync("backup", cache)).Succeeded();
        }

        (await _larder.RunAsync("down")).Succeeded();
        foreach (var cache in new[] { automatic, manual })
        {
            Directory.Delete(Damage.Nodes(_larder, cache), recursive: true);
        }

        (await _larder.RunAsync("up", "--detach")).Succeeded();
        Assert.Contains("It is restored from backup", await _larder.EventAsync(automatic, "DataLost"), StringComparison.Ordinal);
        Assert.Contains($"larder restore {manual}", await _larder.EventAsync(manual, "DataLost"), StringComparison.Ordinal);
        await _larder.EventAsync(automatic, "DataRestored");
        await _larder.WaitAsync(automatic, "Ready", Installation.IsReady);
        Assert.Equal(12, (await DataSet.ReadAsync(_larder, automatic)).Count);
        Assert.Empty(await DataSet.ReadAsync(_larder, manual));
    }

    [Fact]
    public async Task A_restore_into_a_new_cache_leaves_the_old_one_alone_and_bad_requests_change_nothing()
    {
        var dev = await shared.UpAsync("dev", more: Rdb());
        var other = shared.Name("other");
        var written = await DataSet.WrittenAsync(_larder, dev);
        await RefusedAsync($"There is no backup of {dev}", "restore", dev, "--into", other);
        (await _larder.RunAsync("backup", dev)).Succeeded();
        (await _larder.RunAsync("restore", dev, "--into", other)).Succeeded();
        Assert.Equal(written, await DataSet.ReadAsync(_larder, other));
        Assert.Equal(written, await DataSet.ReadAsync(_larder, dev));

        await RefusedAsync($"There is a cache named {other}", "restore", dev, "--into", other);
        await RefusedAsync("the oldest one was taken at", "restore", dev, "--at", "2020-01-01T00:00:00Z", "--into", "third");
        await RefusedAsync("--at is 'yesterday'", "restore", dev, "--at", "yesterday", "--into", "third");
        await RefusedAsync("There is no storage named 'nowhere'", "restore", dev, "--storage", "nowhere");
    }

    [Fact]
    public async Task Storages_that_make_no_sense_keep_the_daemon_from_starting_and_every_problem_is_told()
    {
        await using var larder = new Installation();
        Settings(larder, """
            {"name":"a","kind":"folder","path":"/tmp/a"},{"name":"a","kind":"folder","path":"/tmp/b"},{"name":"A b","kind":"folder","path":"/tmp/a"},
            {"name":"tape","kind":"tape"},{"name":"near","kind":"folder","path":"relative"},{"name":"bare","kind":"azure-blob","container":"c"},
            {"name":"unset","kind":"azure-blob","container":"c","credentialVariable":"NO_SUCH_VARIABLE"},{"name":"keen","kind":"folder","path":"/tmp/a","retries":1}
            """);
        var up = await larder.RunAsync("up", larder.DevelopmentSpec(more: Rdb()), "--detach");
        Assert.Equal(2, up.ExitCode);
        foreach (var said in new[]
        {
            "two storages named 'a'", "name is 'A b'", "kind is 'tape'", "path is 'relative'", "credentialFile", "NO_SUCH_VARIABLE", "retries are for kind azure-blob",
        })
        {
            Assert.Contains(said, up.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_state_of_a_past_second_is_rebuilt_from_the_log_in_a_new_cache()
    {
        var dev = await shared.UpAsync("dev", more: "  persistence: AOF\nbackup:\n  window_hours: 1");
        var past = shared.Name("then");
        await NextSecondAsync(); // The history must have begun in a second before.
        var written = await DataSet.WrittenAsync(_larder, dev);
        var then = await NextSecondAsync();
        await using (var redis = await _larder.ConnectAsync(dev))
        {
            await redis.GetDatabase().KeyDeleteAsync(["text", "list", "hash"]);
            await redis.GetDatabase().StringSetAsync("later", "1");
        }

        var future = await _larder.RunAsync("restore", dev, "--at", "2999-01-01T00:00:00Z", "--into", past);
        Assert.Equal(2, future.ExitCode);
        Assert.Contains("the history of its log reaches from", future.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await _larder.RunAsync("restore", dev, "--at", "2020-01-01T00:00:00Z", "--into", past)).ExitCode);
        var restored = (await _larder.RunAsync("restore", dev, "--at", then.ToString("u"), "--into", past)).Succeeded();
        Assert.Contains($"12 keys of {dev}'s log", restored.Output, StringComparison.Ordinal);
        Assert.Equal(written, await DataSet.ReadAsync(_larder, past));
    }

    // The log counts in seconds: what is written next must be of another one.
    private static async Task<DateTimeOffset> NextSecondAsync()
    {
        var now = TimeProvider.System.GetUtcNow();
        var then = DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds());
        await Task.Delay(then.AddSeconds(1.2) - now, TestContext.Current.CancellationToken);
        return then;
    }

    private async Task RefusedAsync(string said, params string[] arguments)
    {
        var result = await _larder.RunAsync(arguments);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(said, result.Error, StringComparison.Ordinal);
    }

    private async Task<JsonElement> BackupAsync(string cache) =>
        (await _larder.RunAsync("backups", cache, "--output", "json")).Succeeded().Json.GetProperty("backups").EnumerateArray().Single();

    private static string Rdb(string backup = "  storage: local") => $"  persistence: RDB\nbackup:\n{backup}";

    internal static void Settings(Installation larder, string storages) =>
        File.WriteAllText(Path.Combine(larder.Home, "larder.json"), $$"""{"storages":[{{storages}}]}""");
}
