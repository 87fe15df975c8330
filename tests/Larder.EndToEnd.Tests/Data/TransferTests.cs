using Larder.EndToEnd.Tests.Harness;
using Xunit;

namespace Larder.EndToEnd.Tests.Data;

/// <summary>Export and import between engines, and everything that an import refuses.</summary>
public sealed class TransferTests(SharedInstallation shared) : IClassFixture<SharedInstallation>
{
    private readonly Installation _larder = shared.Larder;

    [Theory]
    [InlineData("redis", "7.0", "Disabled", "redis", "8.0", "AOF")]
    [InlineData("redis", "7.0", "AOF", "valkey", "8.1", "RDB")]
    [InlineData("redis", "8.0", "RDB", "redis", "8.0", "Disabled")]
    [InlineData("valkey", "8.1", "RDB", "redis", "8.0", "AOF_DUAL")]
    public async Task A_round_trip_keeps_every_key_type_value_and_time_to_live(
        string fromEngine, string fromVersion, string fromPersistence, string toEngine, string toVersion, string toPersistence)
    {
        var from = await shared.UpAsync("from", fromEngine, fromVersion, $"  persistence: {fromPersistence}");
        var to = await shared.UpAsync("to", toEngine, toVersion, $"  persistence: {toPersistence}");
        var written = await DataSet.WrittenAsync(_larder, from);
        await using (var redis = await _larder.ConnectAsync(to))
        {
            await redis.GetDatabase().StringSetAsync("old", "gone afterwards");
        }

        var exported = (await _larder.RunAsync("export", from, "--prefix", $"{from}/from-")).Succeeded();
        Assert.Contains("12 keys", exported.Output, StringComparison.Ordinal);
        var imported = (await _larder.RunAsync("import", to, "--prefix", $"{from}/", "--yes")).Succeeded();
        Assert.Contains("12 keys", imported.Output, StringComparison.Ordinal);
        await _larder.WaitAsync(to, "Ready", Installation.IsReady);
        Assert.Equal(written, await DataSet.ReadAsync(_larder, to));
        Assert.Empty(Directory.GetDirectories(Path.Combine(_larder.Home, "caches", to), "before-*", SearchOption.AllDirectories));

        // What was imported is on disk: it survives the death of all processes, as far as the mode promises.
        if (toPersistence.StartsWith("AOF", StringComparison.Ordinal))
        {
            await _larder.KillNodesAsync(to);
            Assert.Equal(written, await DataSet.ReadAsync(_larder, to));
        }
    }

    [Fact]
    public async Task What_cannot_be_imported_is_refused_and_the_cache_keeps_what_it_has()
    {
        var old = await shared.UpAsync("old", "redis", "7.0");
        var newer = await shared.UpAsync("new", "redis", "8.0");
        var written = await DataSet.WrittenAsync(_larder, old);
        await DataSet.WriteAsync(_larder, newer);
        var folder = Path.Combine(_larder.Home, "in");
        (await _larder.RunAsync("export", newer, "--folder", folder, "--prefix", "new-")).Succeeded();
        var whole = await File.ReadAllBytesAsync(Path.Combine(folder, "new-shard-0000.rdb"), TestContext.Current.CancellationToken);

        // Not where a byte of the data looks like the end mark: what follows it would then be taken for a checksum, a wrong one.
        var cut = Enumerable.Range(1, whole.Length / 2).Last(length => length > 9 && whole[length - 9] != 0xFF);
        await File.WriteAllBytesAsync(Path.Combine(folder, "cut.rdb"), whole[..cut], TestContext.Current.CancellationToken);
        whole[whole.Length / 2] ^= 4;
        await File.WriteAllBytesAsync(Path.Combine(folder, "flipped.rdb"), whole, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "list.csv"), "name,price\n", TestContext.Current.CancellationToken);

        await RefusedAsync("is cut off", "cut.rdb");
        await RefusedAsync("its checksum is", "flipped.rdb");
        await RefusedAsync("is no RDB file", "list.csv");
        await RefusedAsync("There is no 'none.rdb'", "none.rdb");
        await RefusedAsync("is named 2 times", "cut.rdb", "cut.rdb");
        await RefusedAsync("No file is named");
        await RefusedAsync("No file in storage", "--prefix", "zzz");
        await RefusedAsync("has a segment '.' or '..'", "../../etc/passwd");
        var said = await RefusedAsync("RDB version 12, written by version 8.0.2", "new-shard-0000.rdb");
        Assert.Contains("redis 7.0.15, which loads up to RDB version 10", said, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(written, await DataSet.ReadAsync(_larder, old));

        var unsaid = await _larder.RunAsync("import", old, "cut.rdb", "--folder", folder);
        Assert.Equal(2, unsaid.ExitCode);
        Assert.Contains("--yes", unsaid.Error, StringComparison.Ordinal);
        var tricks = await _larder.RunAsync("export", old, "--prefix", "../x-");
        Assert.Equal(2, tricks.ExitCode);
        Assert.Contains("'..'", tricks.Error, StringComparison.Ordinal);
        var twice = await _larder.RunAsync("export", newer, "--folder", folder, "--prefix", "new-");
        Assert.Equal(2, twice.ExitCode);
        Assert.Contains("nothing is overwritten", twice.Error, StringComparison.Ordinal);

        async Task<string> RefusedAsync(string expected, params string[] files)
        {
            var result = await _larder.RunAsync(["import", old, .. files, "--folder", folder, "--yes"]);
            Assert.Equal(2, result.ExitCode);
            Assert.Contains(expected, result.Error, StringComparison.Ordinal);
            return result.Error;
        }
    }

    [Fact]
    public async Task Several_files_become_one_cache_and_the_later_one_wins()
    {
        var (one, two) = (await shared.UpAsync("one"), await shared.UpAsync("two"));
        var written = await DataSet.WrittenAsync(_larder, one);
        await using (var redis = await _larder.ConnectAsync(two))
        {
            await redis.GetDatabase().StringSetAsync("text", "of two");
            await redis.GetDatabase().StringSetAsync("only two", "x", TimeSpan.FromHours(1));
        }

        (await _larder.RunAsync("export", one, "--prefix", "1-")).Succeeded();
        (await _larder.RunAsync("export", two, "--prefix", "2-")).Succeeded();
        (await _larder.RunAsync("import", two, "1-shard-0000.rdb", "2-shard-0000.rdb", "--yes")).Succeeded();
        var merged = await DataSet.ReadAsync(_larder, two);
        Assert.Equal(13, merged.Count);
        Assert.Equal(11, merged.Intersect(written).Count());
        await using var after = await _larder.ConnectAsync(two);
        Assert.Equal("of two", await after.GetDatabase().StringGetAsync("text"));
        Assert.True(await after.GetDatabase().KeyTimeToLiveAsync("only two") > TimeSpan.FromMinutes(59));
    }

    [Fact]
    public async Task A_daemon_that_dies_in_an_import_finishes_it_when_it_is_back()
    {
        var from = await shared.UpAsync("from");
        var to = await shared.UpAsync("to", more: "  persistence: AOF");
        var written = await DataSet.WrittenAsync(_larder, from);
        (await _larder.RunAsync("export", from, "--prefix", "x-")).Succeeded();
        using var import = _larder.Begin("import", to, "x-shard-0000.rdb", "--yes");
        await Installation.UntilAsync("the import has begun", () => Directory.Exists(Path.Combine(_larder.Home, "caches", to, "transfer")));
        System.Diagnostics.Process.GetProcessById(_larder.DaemonPid).Kill();
        await import.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.NotEqual(0, import.ExitCode);
        (await _larder.RunAsync("up", "--detach")).Succeeded();
        await _larder.EventAsync(to, "DataImported");
        Assert.Equal(written, await DataSet.ReadAsync(_larder, to));
    }
}
