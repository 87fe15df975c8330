using Larder.Testing;

namespace Larder.EndToEnd.Tests.Data.Matrix;

/// <summary>All accidents, with what must come back.</summary>
internal static class Accidents
{
    public static IReadOnlyList<Accident> All { get; } =
    [
        new("one process is killed", Strikes.KillPrimariesAsync, Everything),
        new("all engine processes are killed", Strikes.KillNodesAsync, OnDisk),
        new("the daemon is killed too", Strikes.Stopped((_, _) => { }), OnDisk),
        new("the power is cut", Strikes.CutPowerAsync, OnDisk)
        {
            Disk = SceneDisk.Own,
            Told = persistence => persistence.StartsWith("AOF", StringComparison.Ordinal) ? "in the last second before that may be lost" : null,
        },
        new("logs end in the middle of a command", Strikes.Stopped((larder, cache) => Array.ForEach(Damage.Logs(larder, cache), Damage.Tear)), OnDisk)
        {
            Told = persistence => persistence.StartsWith("AOF", StringComparison.Ordinal) ? "were cut off and are kept in" : null,
        },
        new("a bit of one snapshot flips", OneSnapshot(Damage.Flip), OnDisk) { Told = persistence => persistence == "RDB" ? "its checksum is" : null },
        new("one snapshot is cut off", OneSnapshot(Damage.Cut), OnDisk) { Told = persistence => persistence == "RDB" ? "is cut off" : null },
        new(
            "all snapshots are cut off", Strikes.Stopped((larder, cache) => Array.ForEach(Damage.Snapshots(larder, cache), Damage.Cut)),
            persistence => persistence == "RDB" ? -Scene.Before : OnDisk(persistence)),
        new("the log of one node is damaged in its middle", Strikes.Stopped((larder, cache) =>
        {
            foreach (var log in Damage.Logs(larder, cache).Where(log => log.StartsWith(Damage.Node(larder, cache, 0), StringComparison.Ordinal)))
            {
                Damage.Spoil(log);
            }
        }), OnDisk)
        {
            Told = persistence => persistence.StartsWith("AOF", StringComparison.Ordinal) ? "damaged in its middle" : null,
        },
        new(
            "all logs are damaged in their middle", Strikes.Stopped((larder, cache) => Array.ForEach(Damage.Logs(larder, cache), Damage.Spoil)),
            persistence => persistence.StartsWith("AOF", StringComparison.Ordinal) ? -Scene.Before : OnDisk(persistence)),
        new("the primary's folder is deleted", Strikes.Stopped((larder, cache) => Directory.Delete(Damage.Node(larder, cache, 0), recursive: true)), OnDisk),
        new(
            "the folders of all nodes are deleted", Strikes.Stopped((larder, cache) => Directory.Delete(Damage.Nodes(larder, cache), recursive: true)),
            persistence => persistence == "AOF_DUAL" ? Scene.All : 0),
        new("the second storage is deleted", Strikes.Stopped((larder, _) =>
        {
            if (Directory.Exists(Path.Combine(larder.Home, "storages", "second")))
            {
                Directory.Delete(Path.Combine(larder.Home, "storages", "second"), recursive: true);
            }
        }), OnDisk)
        {
            Told = persistence => persistence == "AOF_DUAL" ? "is gone from" : null,
        },
        new("a replica's data folder is deleted while it runs", Strikes.Running((larder, cache, node) =>
            BusyFolder.DeleteAsync(Path.Combine(Damage.Node(larder, cache, node), "data"), CancellationToken.None)), OnDisk)
        {
            Told = persistence => persistence == "Disabled" ? null : "was deleted while its process runs",
        },
        new("the storage of backups is gone", Strikes.StorageGoneAsync, Everything) { Told = _ => "is tried again after a pause" },
        new("the storage of backups is slow", Strikes.Storage(Disturbance.Slow, fails: false), Everything) { FarStorage = true },
        new("the storage of backups answers 500", Strikes.Storage(Disturbance.Error, fails: true), Everything) { FarStorage = true, Told = _ => "the storage answered 500" },
        new("the storage of backups does not answer", Strikes.Storage(Disturbance.Silence, fails: true), Everything) { FarStorage = true, Told = _ => "did not answer in time" },
        new("the storage of backups is away", Strikes.Storage(Disturbance.Absence, fails: true), Everything) { FarStorage = true, Told = _ => "cannot be reached" },
        new("the disk is full at a backup", Strikes.FullAtBackupAsync, Everything) { Disk = SceneDisk.Small },
        new("the disk is full at a rewrite", Strikes.FullAtRewriteAsync, OnDisk)
        {
            Disk = SceneDisk.Small,
            Told = persistence => persistence.StartsWith("AOF", StringComparison.Ordinal) ? "refuses writes of clients until it can" : null,
        },
        new("folders are read-only", Strikes.ReadOnlyAsync, OnDisk)
        {
            Disk = SceneDisk.Own,
            Told = persistence => persistence.StartsWith("AOF", StringComparison.Ordinal) ? "could not be rewritten" : "is tried again after a pause",
        },
    ];

    private static int Everything(string persistence) => Scene.All;

    /// <summary>All processes end.</summary>
    private static int OnDisk(string persistence) => persistence switch
    {
        "Disabled" => 0,
        "RDB" => Scene.Before,
        _ => Scene.All,
    };

    private static Func<Scene, Task> OneSnapshot(Action<string> damage) => Strikes.Stopped((larder, cache) =>
    {
        foreach (var snapshot in Damage.Snapshots(larder, cache).Where(path => path.StartsWith(Damage.Node(larder, cache, 0), StringComparison.Ordinal)))
        {
            damage(snapshot);
        }
    });
}
