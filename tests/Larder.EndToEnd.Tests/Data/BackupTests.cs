using System.Text.Json;
using Larder.EndToEnd.Tests.Harness;
using Xunit;

namespace Larder.EndToEnd.Tests.Data;

/// <summary>Backups, and what comes back from them.</summary>
public sealed class BackupTests
{
    [Fact]
    public async Task A_backup_is_taken_on_a_replica_checked_listed_and_the_older_one_retired()
    {
        await using var larder = new Installation();
        await larder.UpAsync(Rdb(larder));
        Assert.Contains("no backups of dev", (await larder.RunAsync("backups", "dev")).Succeeded().Output, StringComparison.Ordinal);
        await DataSet.WriteAsync(larder, "dev");
        (await larder.RunAsync("backup", "dev")).Succeeded();
        var first = Backups(await larder.RunAsync("backups", "dev", "--output", "json")).Single();
        Assert.Equal(12, first.GetProperty("keys").GetInt64());
        Assert.True(first.GetProperty("trialLoaded").GetBoolean());
        var (kind, message) = await LastEventAsync(larder, "dev");
        Assert.Equal("BackupCompleted", kind);
        Assert.Contains("on a replica", message, StringComparison.Ordinal);

        (await larder.RunAsync("backup", "dev")).Succeeded();
        var second = Backups(await larder.RunAsync("backups", "dev", "--output", "json")).Single();
        Assert.NotEqual(first.GetProperty("id").GetString(), second.GetProperty("id").GetString());
        Assert.Single(Directory.GetFiles(Path.Combine(larder.Home, "storages", "local"), "*.rdb", SearchOption.AllDirectories));
        var show = await larder.ShowAsync("dev");
        Assert.Equal(second.GetProperty("id").GetString(), show.GetProperty("backup").GetProperty("lastGoodId").GetString());
        Assert.False(show.GetProperty("backup").GetProperty("overdue").GetBoolean());

        // Both nodes would start with it: the primary has not had to write it.
        Assert.Equal(2, Directory.GetFiles(Path.Combine(larder.Home, "caches", "dev", "nodes"), "dump.rdb", SearchOption.AllDirectories).Length);
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
                await lost.UpAsync(Rdb(lost, "  storage: nas"));
                written = await DataSet.WrittenAsync(lost, "dev");
                (await lost.RunAsync("backup", "dev")).Succeeded();
            }

            await using var larder = new Installation();
            Settings(larder, $$"""{"name":"nas","kind":"folder","path":"{{away}}/store","encryptionKeyFile":"{{keyFile}}"}""");
            await larder.UpAsync(Rdb(larder, "  storage: nas"));
            var restored = (await larder.RunAsync("restore", "dev")).Succeeded();
            Assert.Contains("12 keys of backup", restored.Output, StringComparison.Ordinal);
            Assert.Equal(written, await DataSet.ReadAsync(larder, "dev"));
            Assert.Equal("DataRestored", (await LastEventAsync(larder, "dev")).Kind);

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

    [Theory]
    [InlineData("automatic", 12)]
    [InlineData("manual", 0)]
    public async Task When_all_nodes_have_lost_their_data_the_spec_decides_and_the_user_is_told(string restore, int keys)
    {
        await using var larder = new Installation();
        await larder.UpAsync(Rdb(larder, $"  restore: {restore}"));
        await DataSet.WriteAsync(larder, "dev");
        (await larder.RunAsync("backup", "dev")).Succeeded();
        (await larder.RunAsync("down")).Succeeded();
        foreach (var folder in Directory.GetDirectories(Path.Combine(larder.Home, "caches", "dev", "nodes")))
        {
            Directory.Delete(folder, recursive: true);
        }

        (await larder.RunAsync("up", "--detach")).Succeeded();
        await larder.WaitAsync("dev", "Ready", Installation.IsReady);
        var lost = await larder.EventAsync("dev", "DataLost");
        Assert.Contains(restore == "automatic" ? "It is restored from backup" : "larder restore dev", lost, StringComparison.Ordinal);
        if (restore == "automatic")
        {
            await larder.EventAsync("dev", "DataRestored");
        }

        Assert.Equal(keys, (await DataSet.ReadAsync(larder, "dev")).Count);
    }

    [Fact]
    public async Task A_restore_into_a_new_cache_leaves_the_old_one_alone_and_bad_requests_change_nothing()
    {
        await using var larder = new Installation();
        await larder.UpAsync(Rdb(larder));
        var written = await DataSet.WrittenAsync(larder, "dev");
        var early = await larder.RunAsync("restore", "dev", "--into", "other");
        Assert.Equal(2, early.ExitCode);
        Assert.Contains("There is no backup of dev", early.Error, StringComparison.Ordinal);
        (await larder.RunAsync("backup", "dev")).Succeeded();
        (await larder.RunAsync("restore", "dev", "--into", "other")).Succeeded();
        Assert.Equal(written, await DataSet.ReadAsync(larder, "other"));
        Assert.Equal(written, await DataSet.ReadAsync(larder, "dev"));

        var existing = await larder.RunAsync("restore", "dev", "--into", "other");
        Assert.Equal(2, existing.ExitCode);
        Assert.Contains("There is a cache named other", existing.Error, StringComparison.Ordinal);
        var before = await larder.RunAsync("restore", "dev", "--at", "2020-01-01T00:00:00Z", "--into", "third");
        Assert.Equal(2, before.ExitCode);
        Assert.Contains("the oldest one was taken at", before.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await larder.RunAsync("restore", "dev", "--at", "yesterday", "--into", "third")).ExitCode);
        Assert.Equal(2, (await larder.RunAsync("restore", "dev", "--storage", "nowhere")).ExitCode);
    }

    [Fact]
    public async Task A_storage_that_cannot_be_used_is_refused_when_the_spec_is_applied()
    {
        await using var larder = new Installation();
        Settings(larder, """{"name":"gone","kind":"folder","path":"/proc/larder"}""");
        var unknown = await larder.RunAsync("up", Rdb(larder, "  storage: nowhere"), "--detach");
        Assert.Equal(2, unknown.ExitCode);
        Assert.Contains("There is no storage named 'nowhere'; there are: gone, local, second", unknown.Error, StringComparison.Ordinal);
        var unusable = await larder.RunAsync("up", Rdb(larder, "  storage: gone"), "--detach");
        Assert.Equal(2, unusable.ExitCode);
        Assert.Contains("storage 'gone' (/proc/larder)", unusable.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"name":"a","kind":"folder","path":"/tmp/a"},{"name":"a","kind":"folder","path":"/tmp/b"}""", "two storages named 'a'")]
    [InlineData("""{"name":"A b","kind":"folder","path":"/tmp/a"}""", "name is 'A b'")]
    [InlineData("""{"name":"a","kind":"tape"}""", "kind is 'tape'")]
    [InlineData("""{"name":"a","kind":"folder","path":"relative"}""", "path is 'relative'")]
    [InlineData("""{"name":"a","kind":"azure-blob","container":"c"}""", "credentialFile")]
    [InlineData("""{"name":"a","kind":"azure-blob","container":"c","credentialVariable":"NO_SUCH_VARIABLE"}""", "NO_SUCH_VARIABLE")]
    public async Task Storages_that_make_no_sense_keep_the_daemon_from_starting(string storages, string said)
    {
        await using var larder = new Installation();
        Settings(larder, storages);
        var up = await larder.RunAsync("up", Rdb(larder), "--detach");
        Assert.Equal(2, up.ExitCode);
        Assert.Contains(said, up.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_state_of_a_past_second_is_rebuilt_from_the_log_in_a_new_cache()
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.DevelopmentSpec(more: "  persistence: AOF\nbackup:\n  window_hours: 1"));
        var written = await DataSet.WrittenAsync(larder, "dev");
        var then = await NextSecondAsync();
        await using (var redis = await larder.ConnectAsync("dev"))
        {
            await redis.GetDatabase().KeyDeleteAsync(["text", "list", "hash"]);
            await redis.GetDatabase().StringSetAsync("later", "1");
        }

        var future = await larder.RunAsync("restore", "dev", "--at", "2999-01-01T00:00:00Z", "--into", "then");
        Assert.Equal(2, future.ExitCode);
        Assert.Contains("the history of its log reaches from", future.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await larder.RunAsync("restore", "dev", "--at", "2020-01-01T00:00:00Z", "--into", "then")).ExitCode);
        (await larder.RunAsync("restore", "dev", "--at", then.ToString("u"), "--into", "then")).Succeeded();
        Assert.Equal(written, await DataSet.ReadAsync(larder, "then"));
    }

    // The log counts in seconds: what is written next must be of another one.
    private static async Task<DateTimeOffset> NextSecondAsync()
    {
        var now = TimeProvider.System.GetUtcNow();
        var then = DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds());
        await Task.Delay(then.AddSeconds(1.2) - now, TestContext.Current.CancellationToken);
        return then;
    }

    internal static string Rdb(Installation larder, string backup = "  storage: local") =>
        larder.DevelopmentSpec(more: $"  persistence: RDB\nbackup:\n{backup}");

    internal static void Settings(Installation larder, string storages) =>
        File.WriteAllText(Path.Combine(larder.Home, "larder.json"), $$"""{"storages":[{{storages}}]}""");

    internal static JsonElement[] Backups(CommandResult result) => [.. result.Succeeded().Json.GetProperty("backups").EnumerateArray()];

    internal static async Task<(string Kind, string Message)> LastEventAsync(Installation larder, string name)
    {
        var last = (await larder.RunAsync("events", name, "--output", "json")).Succeeded().Json.EnumerateArray().Last();
        return (last.GetProperty("kind").GetString()!, last.GetProperty("message").GetString()!);
    }
}
