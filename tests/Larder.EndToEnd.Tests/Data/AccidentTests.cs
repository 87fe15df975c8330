using System.Diagnostics;
using Larder.EndToEnd.Tests.Harness;
using Xunit;

namespace Larder.EndToEnd.Tests.Data;

/// <summary>
/// What comes back after accidents, and what the user is told. The short part of the matrix of persistence modes and accidents; bench/persistence has all of it.
/// </summary>
public sealed class AccidentTests
{
    [Theory]
    [InlineData("Disabled", false)]
    [InlineData("RDB", false)]
    [InlineData("AOF", true)]
    [InlineData("AOF_DUAL", true)]
    public async Task All_processes_are_killed_at_once(string persistence, bool everything)
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.DevelopmentSpec(more: $"  persistence: {persistence}"));
        await DataSet.WriteAsync(larder, "dev");
        if (persistence == "RDB")
        {
            (await larder.RunAsync("backup", "dev")).Succeeded();
        }

        await using (var redis = await larder.ConnectAsync("dev"))
        {
            await redis.GetDatabase().StringSetAsync("after the snapshot", "1");
        }

        var written = await DataSet.ReadAsync(larder, "dev");
        Process.GetProcessById(larder.DaemonPid).Kill();
        foreach (var pid in EnginePids(larder))
        {
            Process.GetProcessById(pid).Kill();
        }

        (await larder.RunAsync("up", "--detach")).Succeeded();
        await larder.WaitAsync("dev", "Ready", Installation.IsReady);
        var back = await DataSet.ReadAsync(larder, "dev");
        if (everything)
        {
            Assert.Equal(written, back);
        }
        else
        {
            Assert.Equal(persistence == "RDB" ? 12 : 0, back.Count);
        }
    }

    [Fact]
    public async Task A_torn_end_of_the_log_is_cut_kept_aside_and_told()
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.DevelopmentSpec(more: "  persistence: AOF"));
        var written = await DataSet.WrittenAsync(larder, "dev");
        await StopHardAsync(larder);
        foreach (var log in Logs(larder))
        {
            await File.AppendAllTextAsync(log, "*3\r\n$3\r\nSET\r\n$4\r\nhalf\r\n$100\r\nwritt", TestContext.Current.CancellationToken);
        }

        (await larder.RunAsync("up", "--detach")).Succeeded();
        await larder.WaitAsync("dev", "Ready", Installation.IsReady);
        Assert.Equal(written, await DataSet.ReadAsync(larder, "dev"));
        Assert.Contains("were cut off and are kept in", await larder.EventAsync("dev", "LogRepaired"), StringComparison.Ordinal);
        var torn = Directory.GetFiles(Path.Combine(larder.Home, "caches", "dev", "nodes"), "torn-*", SearchOption.AllDirectories);
        Assert.NotEmpty(torn);
        Assert.StartsWith("*3\r\n$3\r\nSET", await File.ReadAllTextAsync(torn[0], TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_copy_is_put_aside_where_a_good_one_is_left()
    {
        await using var larder = new Installation();
        var up = await larder.UpAsync(larder.DevelopmentSpec(more: "  persistence: AOF"));
        var written = await DataSet.WrittenAsync(larder, "dev");
        await StopHardAsync(larder);
        var primary = Installation.Primary(up).GetProperty("ordinal").GetInt32();
        Damage(Logs(larder).Single(log => log.Contains($"/nodes/{primary}/", StringComparison.Ordinal)));
        (await larder.RunAsync("up", "--detach")).Succeeded();
        await larder.WaitAsync("dev", "Ready", Installation.IsReady);
        Assert.Equal(written, await DataSet.ReadAsync(larder, "dev"));
        Assert.Contains("damaged in its middle", await larder.EventAsync("dev", "DataSetAside"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_every_copy_is_damaged_nothing_starts_until_a_backup_is_restored()
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.DevelopmentSpec(more: "  persistence: AOF"));
        var written = await DataSet.WrittenAsync(larder, "dev");
        (await larder.RunAsync("backup", "dev")).Succeeded();
        await StopHardAsync(larder);
        foreach (var log in Logs(larder))
        {
            Damage(log);
        }

        // It waits until the cache is Ready, which is when the backup is back.
        using var up = larder.Begin("up", "--detach");
        Assert.Contains("no copy passes its check", await larder.EventAsync("dev", "DataLost"), StringComparison.Ordinal);
        Assert.DoesNotContain(Installation.Nodes(await larder.ShowAsync("dev")), node => node.GetProperty("state").GetString() == "InSync");
        (await larder.RunAsync("restore", "dev", "--replace", "--yes")).Succeeded();
        Assert.Equal(written, await DataSet.ReadAsync(larder, "dev"));
        await up.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, up.ExitCode);
    }

    [Fact]
    public async Task A_second_storage_has_the_log_where_the_first_one_is_lost()
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.DevelopmentSpec(more: "  persistence: AOF_DUAL"));
        var written = await DataSet.WrittenAsync(larder, "dev");
        await StopHardAsync(larder);
        foreach (var folder in Directory.GetDirectories(Path.Combine(larder.Home, "caches", "dev", "nodes")))
        {
            Directory.Delete(folder, recursive: true);
        }

        (await larder.RunAsync("up", "--detach")).Succeeded();
        await larder.WaitAsync("dev", "Ready", Installation.IsReady);
        Assert.Equal(written, await DataSet.ReadAsync(larder, "dev"));
        (await larder.RunAsync("delete", "dev", "--yes")).Succeeded();
        Assert.Empty(Directory.GetFiles(Path.Combine(larder.Home, "storages", "second"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_backup_that_fails_is_told_and_the_older_one_stays()
    {
        await using var larder = new Installation();
        await larder.UpAsync(BackupTests.Rdb(larder));
        await DataSet.WriteAsync(larder, "dev");
        (await larder.RunAsync("backup", "dev")).Succeeded();
        var store = Path.Combine(larder.Home, "storages", "local");
        Directory.Move(store, store + "-away");
        await File.WriteAllTextAsync(store, "a file where the folder was", TestContext.Current.CancellationToken);
        var failed = await larder.RunAsync("backup", "dev");
        Assert.NotEqual(0, failed.ExitCode);
        Assert.Contains("storage 'local'", failed.Error, StringComparison.Ordinal);
        Assert.Contains("is tried again after a pause", await larder.EventAsync("dev", "BackupFailed"), StringComparison.Ordinal);
        File.Delete(store);
        Directory.Move(store + "-away", store);
        Assert.Single(BackupTests.Backups(await larder.RunAsync("backups", "dev", "--output", "json")));
        Assert.True((await larder.ShowAsync("dev")).GetProperty("backup").GetProperty("failures").GetInt32() > 0);
    }

    internal static async Task KillNodesAsync(Installation larder, string name)
    {
        var before = Installation.Nodes(await larder.ShowAsync(name)).Select(Pid).ToList();
        foreach (var pid in before)
        {
            Process.GetProcessById(pid).Kill();
        }

        await larder.WaitAsync(name, "Ready with other processes", cache => Installation.IsReady(cache) && !Installation.Nodes(cache).Select(Pid).Intersect(before).Any());
    }

    internal static async Task StopHardAsync(Installation larder)
    {
        var pids = EnginePids(larder).Append(larder.DaemonPid).Select(Process.GetProcessById).ToList();
        pids.Reverse();
        foreach (var process in pids)
        {
            process.Kill();
        }

        await Installation.UntilAsync("every process has ended", () => Installation.ProcessesOf(larder.Home).Count == 0);
    }

    private static List<int> EnginePids(Installation larder) => [.. Installation.ProcessesOf(larder.Home)
        .Where(line => line.Contains("-server ", StringComparison.Ordinal))
        .Select(line => int.Parse(line.Split(':')[0], System.Globalization.CultureInfo.InvariantCulture))];

    private static string[] Logs(Installation larder) =>
        Directory.GetFiles(Path.Combine(larder.Home, "caches", "dev", "nodes"), "*.incr.aof", SearchOption.AllDirectories);

    private const int Head = 300;

    // A length in the middle is none any more. A bit that flips inside a value is another matter: logs have no checksums.
    internal static void Damage(string log)
    {
        var bytes = File.ReadAllBytes(log);
        var at = bytes.AsSpan(Head).IndexOf("\r\n$"u8) + Head;
        bytes[at + 2] = (byte)'!';
        File.WriteAllBytes(log, bytes);
    }

    private static int Pid(System.Text.Json.JsonElement node) => node.GetProperty("pid") is { ValueKind: System.Text.Json.JsonValueKind.Number } pid ? pid.GetInt32() : 0;
}
