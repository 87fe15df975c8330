using System.Diagnostics;
using System.Globalization;
using Larder.EndToEnd.Tests.Harness;
using StackExchange.Redis;
using Xunit;

namespace Larder.EndToEnd.Tests.Data;

/// <summary>
/// Every persistence against every accident: what was acknowledged, what came back, what the user was told. With LARDER_LONG=1 in the environment all of
/// it, in a table on artifacts/accidents.md; else three rows that are in no other test.
/// </summary>
public sealed class AccidentMatrixTests
{
    private const int Before = 100;
    private const int All = 200;
    private static readonly string[] Modes = ["Disabled", "RDB", "AOF", "AOF_DUAL"];
    private static readonly string[] Accidents =
    [
        "one process killed", "all processes killed", "daemon killed too", "torn log", "snapshot of one node cut off", "all snapshots cut off",
        "log of one node damaged", "folder of the primary deleted", "folders of all nodes deleted", "storage gone", "disk full at a rewrite", "disk full at a backup", "power cut",
    ];

    public static TheoryData<string, string> Rows
    {
        get
        {
            var rows = new TheoryData<string, string>();
            if (Environment.GetEnvironmentVariable("LARDER_LONG") == "1")
            {
                foreach (var (accident, mode) in Accidents.SelectMany(accident => Modes.Select(mode => (accident, mode))))
                {
                    rows.Add(accident, mode);
                }
            }
            else
            {
                rows.Add("snapshot of one node cut off", "RDB");
                rows.Add("all snapshots cut off", "RDB");
                rows.Add("folder of the primary deleted", "AOF");
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Nothing_is_lost_silently(string accident, string mode)
    {
        var root = accident is "power cut" or "disk full at a rewrite" or "disk full at a backup";
        Assert.SkipWhen(root && Environment.UserName != "root", "Mounting a file system needs root.");
        await using var disk = root ? await Disk.MountAsync(accident == "power cut" ? 256 : 64, crash: accident == "power cut") : null;
        await using var larder = new Installation(disk?.Folder);
        await larder.UpAsync(larder.DevelopmentSpec(more: $"  persistence: {mode}"));
        await WriteAsync(larder, 0, Before);
        (await larder.RunAsync("backup", "dev")).Succeeded();
        await WriteAsync(larder, Before, All);
        var before = (await EventsAsync(larder)).Count;
        await StrikeAsync(larder, accident, disk);
        using var up = larder.Begin("up", "--detach");
        var expected = Expected(accident, mode);
        if (expected < 0)
        {
            Assert.Contains("no copy passes its check", await larder.EventAsync("dev", "DataLost"), StringComparison.Ordinal);
            (await larder.RunAsync("restore", "dev", "--replace", "--yes")).Succeeded();
        }

        await up.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, up.ExitCode);
        await larder.WaitAsync("dev", "Ready", Installation.IsReady, TimeSpan.FromSeconds(60));
        var back = await CountAsync(larder);
        var told = (await EventsAsync(larder)).Skip(before).Distinct().ToList();
        Report(accident, mode, back, told);
        Assert.True(back >= Math.Abs(expected), $"{back} of {All} keys are back; at least {Math.Abs(expected)} were to be. Told: {string.Join(' ', told)}");
        if (back < All)
        {
            Assert.Contains(told, kind => kind is "DataLost" or "DataRestored");
        }
    }

    /// <summary>The least keys that must be back; below zero: nothing starts until that many are restored.</summary>
    private static int Expected(string accident, string mode) => (accident, mode) switch
    {
        ("one process killed" or "storage gone" or "disk full at a rewrite" or "disk full at a backup" or "folder of the primary deleted", _)
            when mode != "Disabled" || accident != "folder of the primary deleted" => All,
        ("folder of the primary deleted", _) => 0,
        (_, "Disabled") => 0,
        ("all snapshots cut off", "RDB") => -Before,
        ("folders of all nodes deleted", "AOF_DUAL") => All,
        ("folders of all nodes deleted", _) => 0,
        ("power cut", "AOF" or "AOF_DUAL") => Before,
        (_, "RDB") => Before,
        _ => All,
    };

    private static async Task StrikeAsync(Installation larder, string accident, Disk? disk)
    {
        var nodes = Path.Combine(larder.Home, "caches", "dev", "nodes");
        var primary = Installation.Primary(await larder.ShowAsync("dev"));
        switch (accident)
        {
            case "one process killed":
                await AwaitReplicaAsync(larder);
                Process.GetProcessById(primary.GetProperty("pid").GetInt32()).Kill();
                await larder.WaitAsync("dev", "failed over", cache => cache.GetProperty("shards")[0].GetProperty("epoch").GetInt64() == 2);
                return;
            case "all processes killed":
                await AccidentTests.KillNodesAsync(larder, "dev");
                return;
            case "storage gone":
                Directory.Move(Path.Combine(larder.Home, "storages", "local"), Path.Combine(larder.Home, "gone"));
                await File.WriteAllTextAsync(Path.Combine(larder.Home, "storages", "local"), "", TestContext.Current.CancellationToken);
                Assert.NotEqual(0, (await larder.RunAsync("backup", "dev")).ExitCode);
                await larder.EventAsync("dev", "BackupFailed");
                return;
            case "disk full at a rewrite" or "disk full at a backup":
                await disk!.FillAsync();
                Assert.NotEqual(0, (await larder.RunAsync("backup", "dev")).ExitCode);
                await disk.FreeAsync();
                return;
            case "power cut":
                await disk!.CutAsync(larder);
                return;
        }

        await AccidentTests.StopHardAsync(larder);
        foreach (var folder in Directory.GetDirectories(nodes))
        {
            var one = Path.GetFileName(folder) == primary.GetProperty("ordinal").GetInt32().ToString(CultureInfo.InvariantCulture);
            var logs = Directory.GetFiles(folder, "*.incr.aof", SearchOption.AllDirectories);
            var snapshot = Path.Combine(folder, "data", "dump.rdb");
            switch (accident)
            {
                case "torn log":
                    Array.ForEach(logs, log => File.AppendAllText(log, "*3\r\n$3\r\nSE"));
                    break;
                case "snapshot of one node cut off" when one && File.Exists(snapshot):
                case "all snapshots cut off" when File.Exists(snapshot):
                    // A file of its own: the nodes' snapshots may be one file with several names.
                    var bytes = await File.ReadAllBytesAsync(snapshot, TestContext.Current.CancellationToken);
                    File.Delete(snapshot);
                    await File.WriteAllBytesAsync(snapshot, bytes[..(bytes.Length / 2)], TestContext.Current.CancellationToken);
                    break;
                case "log of one node damaged" when one:
                    Array.ForEach(logs, AccidentTests.Damage);
                    break;
                case "folder of the primary deleted" when one:
                case "folders of all nodes deleted":
                    Directory.Delete(folder, recursive: true);
                    break;
            }
        }
    }

    private static async Task WriteAsync(Installation larder, int from, int to)
    {
        await using var redis = await larder.ConnectAsync("dev");
        for (var number = from; number < to; number++)
        {
            Assert.True(await redis.GetDatabase().StringSetAsync($"key {number}", new string('x', 1000)));
        }
    }

    private static async Task AwaitReplicaAsync(Installation larder)
    {
        await using var redis = await larder.ConnectAsync("dev");
        Assert.Equal(1, (int)await redis.GetDatabase().ExecuteAsync("WAIT", 1, 5000));
    }

    private static async Task<int> CountAsync(Installation larder)
    {
        await using var redis = await larder.ConnectAsync("dev");
        var values = await redis.GetDatabase().StringGetAsync([.. Enumerable.Range(0, All).Select(number => (RedisKey)$"key {number}")]);
        return values.Count(value => value.HasValue);
    }

    private static async Task<List<string>> EventsAsync(Installation larder) =>
        [.. (await larder.RunAsync("events", "dev", "--output", "json")).Succeeded().Json.EnumerateArray().Select(happened => happened.GetProperty("kind").GetString()!)];

    private static void Report(string accident, string mode, int back, List<string> told)
    {
        if (Environment.GetEnvironmentVariable("LARDER_LONG") == "1")
        {
            var path = Path.Combine(Installation.Root, "artifacts", "accidents.md");
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            lock (Modes)
            {
                File.AppendAllText(path, $"| {accident} | {mode} | {All} | {back} | {string.Join(", ", told)} |\n");
            }
        }
    }
}
