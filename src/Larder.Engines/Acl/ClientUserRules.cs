using System.Collections.Immutable;
using Larder.Engines.Redis;
using Larder.Model.Specs;

namespace Larder.Engines.Acl;

/// <summary>
/// From an access policy to the rules of an engine's user: the policy's own rules first, then what every client is denied. Nothing is ever added that the
/// policy does not grant.
/// </summary>
internal static class ClientUserRules
{
    private static readonly string[] Everything = ["+@all", "allcommands"];
    private static readonly string[] Nothing = ["-@all", "nocommands"];

    /// <summary>The rules for Redis and Valkey.</summary>
    /// <param name="permissions">The policy.</param>
    /// <param name="dialect">What the engine understands.</param>
    /// <returns>The rules in their order.</returns>
    public static ImmutableArray<string> ForRedis(string permissions, RedisDialect dialect)
    {
        var rules = Known(AccessPolicies.Rules(permissions), dialect);
        return
        [
            // The policies are written in the words of Redis 6.0, where a user may use every channel unless something else is said.
            .. dialect.HasChannelPermissions && !rules.Any(IsOfChannels) ? ["allchannels"] : Array.Empty<string>(),
            .. rules,
            .. RedisAcl.AlwaysDenied(dialect),
            "-cluster",
            .. Granted(rules, "cluster", RedisAcl.ReadingClusterSubcommands(dialect)),
            .. dialect.CanDenySubcommands
                ? RedisAcl.ClientDenied.Select(name => $"-client|{name}")
                : ["-client", .. Granted(rules, "client", RedisAcl.ClientAllowed)],
        ];
    }

    /// <summary>The rules for Garnet, which has no channels, and keys only all together.</summary>
    /// <param name="permissions">The policy.</param>
    /// <returns>The rules in their order.</returns>
    public static ImmutableArray<string> ForGarnet(string permissions) =>
    [
        .. AccessPolicies.Rules(permissions).Where(rule => !IsOfChannels(rule) && IsKnownToGarnet(rule)).Select(rule => rule == "allkeys" ? "~*" : rule),
        .. GarnetAcl.Blocked.Select(command => $"-{command}"),
    ];

    /// <summary>
    /// Which subcommands of a command the rules grant, as far as that is certain: the engine is then told each of them, after the command itself was denied.
    /// </summary>
    /// <param name="rules">The policy's rules.</param>
    /// <param name="command">The command.</param>
    /// <param name="subcommands">Those that a client may be granted at all.</param>
    private static IEnumerable<string> Granted(ImmutableArray<string> rules, string command, IReadOnlyCollection<string> subcommands)
    {
        var granted = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var rule in rules.Select(rule => rule.ToLowerInvariant()))
        {
            if (Everything.Contains(rule) || rule == $"+{command}")
            {
                granted.UnionWith(subcommands);
            }
            else if (Nothing.Contains(rule) || rule == $"-{command}" || rule is "-@dangerous" or "-@admin" or "-@slow" or "-@connection")
            {
                granted.Clear();
            }
            else if (rule.StartsWith($"+{command}|", StringComparison.Ordinal) && subcommands.Contains(rule[(command.Length + 2)..]))
            {
                granted.Add(rule[(command.Length + 2)..]);
            }
            else if (rule.StartsWith($"-{command}|", StringComparison.Ordinal))
            {
                granted.Remove(rule[(command.Length + 2)..]);
            }
        }

        return granted.Select(name => $"+{command}|{name}");
    }

    /// <summary>Without what a version does not know and a built-in policy has all the same: who has no such command need not be granted it.</summary>
    private static ImmutableArray<string> Known(ImmutableArray<string> rules, RedisDialect dialect) =>
        dialect.HasClientInfo ? rules : rules.Remove("+client|setinfo");

    /// <summary>Whether a policy grants all keys: Garnet knows no other patterns, and asks of nobody which keys are his.</summary>
    /// <param name="permissions">The policy.</param>
    public static bool GrantsAllKeys(string permissions) =>
        AccessPolicies.Rules(permissions).LastOrDefault(rule => rule is "allkeys" or "~*" or "resetkeys") is "allkeys" or "~*";

    /// <summary>The built-in policies grant subcommands of CLIENT that Garnet does not have: who has no such command need not be granted it.</summary>
    private static bool IsKnownToGarnet(string rule) => rule is not ("+client|caching" or "+client|getredir" or "+client|reply" or "+client|tracking");

    private static bool IsOfChannels(string rule) => rule.StartsWith('&') || rule is "allchannels" or "resetchannels";
}
