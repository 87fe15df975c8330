using System.Text;
using Larder.Engines.Redis;

namespace Larder.Engines.Acl;

/// <summary>
/// The users of a Redis or Valkey node: nobody by default, Larder itself with all rights, and the gateway with all but the commands that
/// a managed cache keeps to itself. The gateway refuses those too; here it is the engine that refuses them, in scripts as well.
/// </summary>
internal static class RedisAcl
{
    private static readonly string[] Blocked =
    [
        "acl", "bgrewriteaof", "bgsave", "config", "debug", "migrate", "module", "psync", "replicaof", "replconf", "save", "shutdown",
        "slaveof", "sync",
    ];

    // Reading the topology is allowed; whatever changes it is not.
    private static readonly string[] ClusterReads =
    [
        "countkeysinslot", "getkeysinslot", "help", "info", "keyslot", "myid", "nodes", "replicas", "slaves", "slots",
    ];

    // PAUSE holds up replication and handovers. KILL stays: users of the original have it, and what it can cut heals by itself.
    internal static readonly string[] ClientDenied = ["pause", "unpause"];

    // Where single subcommands cannot be denied, these are allowed: all of CLIENT but the denied ones.
    internal static readonly string[] ClientAllowed =
    [
        "caching", "getname", "getredir", "help", "id", "info", "kill", "list", "reply", "setname", "tracking", "trackinginfo", "unblock",
    ];

    /// <summary>Renders the ACL file.</summary>
    /// <param name="configuration">The node, with the users.</param>
    /// <param name="dialect">What the engine understands.</param>
    /// <returns>The file's text; passwords in it are hashed.</returns>
    public static string Render(NodeConfiguration configuration, RedisDialect dialect)
    {
        var everyChannel = dialect.HasChannelPermissions ? " &*" : string.Empty;
        var noChannel = dialect.HasChannelPermissions ? " resetchannels" : string.Empty;
        var all = $"~*{everyChannel} +@all";
        var clients = new StringBuilder();
        foreach (var user in configuration.ClientUsers)
        {
            clients.Append("user ").Append(user.Name).Append(' ').AppendJoin(' ', Of(user, configuration, dialect)).Append('\n');
        }

        return $"""
            user default off resetpass resetkeys{noChannel} -@all
            user {configuration.InternalUser.Name} on {PasswordHash.Rule(configuration.InternalUser.Password)} {all}
            user {configuration.GatewayUser.Name} on {PasswordHash.Rule(configuration.GatewayUser.Password)} {all} {string.Join(' ', Denials(dialect))}

            """ + clients;
    }

    /// <summary>What makes a user of clients what it is to be, whatever it was before.</summary>
    /// <param name="user">The user.</param>
    /// <param name="configuration">The node, for the gateway's password.</param>
    /// <param name="dialect">What the engine understands.</param>
    /// <returns>The rules; they do not begin with <c>reset</c>.</returns>
    public static IEnumerable<string> Of(ClientUser user, NodeConfiguration configuration, RedisDialect dialect) =>
    [
        "on", PasswordHash.Rule(configuration.GatewayUser.Password), "resetkeys", .. dialect.HasChannelPermissions ? ["resetchannels"] : Array.Empty<string>(), "-@all",
        .. ClientUserRules.ForRedis(user.Permissions, dialect),
    ];

    /// <summary>What no client may do, whole commands.</summary>
    /// <param name="dialect">What the engine understands.</param>
    internal static IEnumerable<string> AlwaysDenied(RedisDialect dialect) =>
        [.. Blocked.Select(command => $"-{command}"), .. dialect.HasFailover ? ["-failover"] : Array.Empty<string>()];

    /// <summary>What clients may ask of CLUSTER.</summary>
    /// <param name="dialect">What the engine understands.</param>
    internal static IReadOnlyCollection<string> ReadingClusterSubcommands(RedisDialect dialect) =>
    [
        .. ClusterReads,
        .. dialect.HasClusterShards ? ["shards"] : Array.Empty<string>(),
        .. dialect.HasClusterShardIds ? ["myshardid"] : Array.Empty<string>(),
    ];

    private static IEnumerable<string> Denials(RedisDialect dialect)
    {
        foreach (var command in AlwaysDenied(dialect))
        {
            yield return command;
        }

        yield return "-cluster";
        foreach (var read in ReadingClusterSubcommands(dialect))
        {
            yield return $"+cluster|{read}";
        }

        if (!dialect.CanDenySubcommands)
        {
            yield return "-client";
        }

        foreach (var rule in dialect.CanDenySubcommands ? ClientDenied.Select(name => $"-client|{name}") : ClientAllowed.Select(name => $"+client|{name}"))
        {
            yield return rule;
        }

        if (dialect.CrashesWithoutTouch)
        {
            yield return "-client|no-touch";
        }
    }
}
