namespace Larder.Engines.Redis;

/// <summary>Names of a node's files.</summary>
internal static class RedisFiles
{
    /// <summary>The configuration, in the configuration folder.</summary>
    public const string Configuration = "redis.conf";

    /// <summary>The users, in the configuration folder.</summary>
    public const string Users = "users.acl";

    /// <summary>The snapshot, in the data folder.</summary>
    public const string Snapshot = "dump.rdb";

    /// <summary>All that a node's data may be in, in the data folder: the snapshot, and the log as new and as old versions keep it.</summary>
    public static IReadOnlyList<string> Data { get; } = [Snapshot, "appendonlydir", "appendonly.aof"];
}
