namespace Larder.Engines.Redis;

/// <summary>Names of a node's files.</summary>
public static class RedisFiles
{
    /// <summary>The configuration, in the configuration folder.</summary>
    public const string Configuration = "redis.conf";

    /// <summary>The users, in the configuration folder.</summary>
    public const string Users = "users.acl";

    /// <summary>The log of versions that keep it in one file, in the data folder.</summary>
    public const string Log = "appendonly.aof";

    /// <summary>Folder of a split log, in the data folder.</summary>
    public const string LogFolder = "appendonlydir";

    /// <summary>Says which files make a split log, and in which order.</summary>
    public const string LogManifest = Log + ".manifest";

    /// <summary>The first base of a split log.</summary>
    public const string LogBase = Log + ".1.base.rdb";

    /// <summary>The snapshot, in the data folder.</summary>
    public const string Snapshot = "dump.rdb";

    /// <summary>The snapshot of a node.</summary>
    /// <param name="configuration">The node.</param>
    /// <returns>The file.</returns>
    internal static string SnapshotOf(NodeConfiguration configuration) => Path.Combine(configuration.DataFolder, Snapshot);

    /// <summary>All that a node's data may be in, in the data folder: the snapshot, and the log as new and as old versions keep it.</summary>
    public static IReadOnlyList<string> Data { get; } = [Snapshot, "appendonlydir", "appendonly.aof"];
}
