using System.Diagnostics;
using Larder.EndToEnd.Tests.Harness;
using Larder.Testing;
using StackExchange.Redis;
using Xunit;

namespace Larder.EndToEnd.Tests.Data.Matrix;

/// <summary>How accidents are made to happen.</summary>
internal static class Strikes
{
    public static async Task KillPrimariesAsync(Scene scene)
    {
        foreach (var cache in Scene.Caches.Values)
        {
            Process.GetProcessById(Installation.Pid(Installation.Primary(await scene.Larder.ShowAsync(cache)))!.Value).Kill();
            await scene.Larder.WaitAsync(cache, "failed over", shown => shown.GetProperty("shards")[0].GetProperty("epoch").GetInt64() == 2);
        }
    }

    public static Task KillNodesAsync(Scene scene) => Task.WhenAll(Scene.Caches.Values.Select(scene.Larder.KillNodesAsync));

    /// <summary>All processes end at once; then something happens to the files of each cache.</summary>
    public static Func<Scene, Task> Stopped(Action<Installation, string> damage) => async scene =>
    {
        await scene.Larder.StopHardAsync();
        foreach (var cache in Scene.Caches.Values)
        {
            damage(scene.Larder, cache);
        }
    };

    /// <summary>Something happens to the files of each cache while it runs, and is mended.</summary>
    public static Func<Scene, Task> Running(Func<Installation, string, int, Task> damage) => async scene =>
    {
        foreach (var cache in Scene.Caches.Values)
        {
            var replica = Installation.Nodes(await scene.Larder.ShowAsync(cache)).Single(node => node.GetProperty("role").GetString() == "replica");
            await damage(scene.Larder, cache, replica.GetProperty("ordinal").GetInt32());
        }

        foreach (var cache in Scene.Caches.Values.Except(["disabled"]))
        {
            await scene.Larder.EventAsync(cache, "DataNotWritten");
        }

        await Task.WhenAll(Scene.Caches.Values.Select(cache => scene.Larder.WaitAsync(
            cache, "mended", shown => Installation.IsReady(shown) && shown.GetProperty("alarms").GetArrayLength() == 0, TimeSpan.FromSeconds(60))));
        await scene.Larder.StopHardAsync();
    };

    /// <summary>The storage does something; a backup meanwhile is told of, and one afterwards succeeds.</summary>
    public static Func<Scene, Task> Storage(Disturbance disturbance, bool fails) => async scene =>
    {
        scene.Relay!.Set(disturbance);
        var results = await Task.WhenAll(Scene.Caches.Values.Select(cache => scene.Larder.RunAsync("backup", cache)));
        Assert.All(results, result => Assert.Equal(fails, result.ExitCode != 0));
        scene.Relay.Set(Disturbance.None);
        foreach (var cache in Scene.Caches.Values)
        {
            Assert.NotEmpty((await scene.Larder.RunAsync("backups", cache, "--output", "json")).Succeeded().Json.GetProperty("backups").EnumerateArray());
        }
    };

    /// <summary>The folder of the storage is a file: nothing can be written to it.</summary>
    public static async Task StorageGoneAsync(Scene scene)
    {
        var folder = Path.Combine(scene.Larder.Home, "storages", "local");
        Directory.Move(folder, folder + "-away");
        await File.WriteAllTextAsync(folder, "", TestContext.Current.CancellationToken);
        await BackupsFailAsync(scene);
        File.Delete(folder);
        Directory.Move(folder + "-away", folder);
    }

    public static async Task FullAtBackupAsync(Scene scene)
    {
        await scene.Disk!.FillAsync();
        foreach (var cache in Scene.Caches.Values)
        {
            // The control store is on that disk too: what cannot be noted is not begun.
            var refused = await scene.Larder.RunAsync("backup", cache);
            Assert.NotEqual(0, refused.ExitCode);
            Assert.Contains("is full", refused.Error, StringComparison.Ordinal);
        }

        scene.Disk.Free();
        await GoesOnAsync(scene);
    }

    /// <summary>The disk is full when logs are rewritten: told; writes are refused where they cannot be logged; when there is room again all goes on.</summary>
    public static async Task FullAtRewriteAsync(Scene scene)
    {
        await scene.Disk!.FillAsync();
        await RewritesFailAsync(scene);
        foreach (var (persistence, cache) in Scene.Caches)
        {
            await using var redis = await scene.Larder.ConnectAsync(cache);
            var refused = await Record.ExceptionAsync(async () =>
            {
                for (var number = 0; number < 100; number++)
                {
                    await redis.GetDatabase().StringSetAsync($"more {number}", new string('y', 1000));
                }
            });

            // What cannot be logged is not acknowledged, and that is told before the disk has room again.
            var hasLog = persistence.StartsWith("AOF", StringComparison.Ordinal);
            Assert.Equal(hasLog, refused is RedisServerException { Message: ['M', 'I', 'S', 'C', 'O', 'N', 'F', ..] });
            if (hasLog)
            {
                await scene.Larder.WaitAsync(cache, "told that writes are refused", shown => shown.GetProperty("alarms").EnumerateArray().Any(
                    alarm => alarm.GetString()!.Contains("refuses writes of clients", StringComparison.Ordinal)));
            }
        }

        scene.Disk.Free();
        await GoesOnAsync(scene);
        await scene.Larder.StopHardAsync();
    }

    /// <summary>Folders of data and of backups take no new files: told; when they do again all goes on.</summary>
    public static async Task ReadOnlyAsync(Scene scene)
    {
        var folders = Scene.Caches.Values
            .SelectMany(cache => Directory.GetDirectories(Damage.Nodes(scene.Larder, cache), "data", SearchOption.AllDirectories))
            .Append(Path.Combine(scene.Larder.Home, "storages", "local", "caches"))
            .Concat(Directory.GetFiles(scene.Larder.Home, "*.manifest", SearchOption.AllDirectories).Select(path => Path.GetDirectoryName(path)!))
            .Where(folder => new DirectoryInfo(folder).LinkTarget is null).ToList();
        try
        {
            await Disk.FreezeAsync(frozen: true, folders);
            await BackupsFailAsync(scene);
            await RewritesFailAsync(scene);
        }
        finally
        {
            await Disk.FreezeAsync(frozen: false, folders);
        }

        await GoesOnAsync(scene);
        await scene.Larder.StopHardAsync();
    }

    public static async Task CutPowerAsync(Scene scene)
    {
        foreach (var cache in Scene.WithLogs)
        {
            // What is written each second is certain only when that second is over; the promise is about what is older than it. Both nodes have flushed then.
            var primary = Installation.Primary(await scene.Larder.ShowAsync(cache)).GetProperty("ordinal").GetInt32();
            await Installation.UntilAsync(
                "both logs are flushed", async () => (await scene.Larder.EngineSessionAsync(cache, primary, "SET fence 2", "WAITAOF 1 1 1000")).EndsWith("1\n1", StringComparison.Ordinal));
        }

        await scene.Disk!.CutAsync(scene.Larder);
        foreach (var record in Directory.GetFiles(Path.Combine(scene.Larder.Home, "caches"), "process.json", SearchOption.AllDirectories))
        {
            // After a power cut the kernel has another id.
            var text = await File.ReadAllTextAsync(record, TestContext.Current.CancellationToken);
            var id = (await File.ReadAllTextAsync("/proc/sys/kernel/random/boot_id", TestContext.Current.CancellationToken)).Trim();
            Assert.Contains(id, text, StringComparison.Ordinal);
            await File.WriteAllTextAsync(record, text.Replace(id, Guid.Empty.ToString(), StringComparison.Ordinal), TestContext.Current.CancellationToken);
        }
    }

    private static async Task BackupsFailAsync(Scene scene)
    {
        foreach (var cache in Scene.Caches.Values)
        {
            Assert.NotEqual(0, (await scene.Larder.RunAsync("backup", cache)).ExitCode);
            await scene.Larder.EventAsync(cache, "BackupFailed");
        }
    }

    private static async Task RewritesFailAsync(Scene scene)
    {
        foreach (var cache in Scene.WithLogs)
        {
            foreach (var node in new[] { 0, 1 })
            {
                await scene.Larder.EngineAsync(cache, node, "BGREWRITEAOF");
            }

            await scene.Larder.WaitAsync(cache, "alarmed", shown => shown.GetProperty("alarms").GetArrayLength() > 0);
            await scene.Larder.EventAsync(cache, "DataNotWritten");
        }
    }

    private static async Task GoesOnAsync(Scene scene)
    {
        foreach (var cache in Scene.WithLogs)
        {
            foreach (var node in new[] { 0, 1 })
            {
                await scene.Larder.EngineAsync(cache, node, "BGREWRITEAOF");
            }
        }

        foreach (var cache in Scene.Caches.Values)
        {
            await scene.Larder.WaitAsync(cache, "without an alarm", shown => Installation.IsReady(shown) && shown.GetProperty("alarms").GetArrayLength() == 0, TimeSpan.FromSeconds(60));
            (await scene.Larder.RunAsync("backup", cache)).Succeeded();
        }
    }
}
