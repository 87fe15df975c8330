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
}
