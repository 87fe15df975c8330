using System.Globalization;
using System.Text.RegularExpressions;
using Larder.Compat.Wire;

namespace Larder.Compat.Differential;

/// <summary>
/// Whether two replies to the same command are the same, as far as two runs of the same engine would give the same. What is meant to differ is in
/// docs/compatibility.md, and here; there is nothing else.
/// </summary>
public static partial class Comparison
{
    /// <summary>Commands that the gateway answers itself, as if the engine did not know them.</summary>
    private static readonly HashSet<string> Blocked = new(StringComparer.OrdinalIgnoreCase)
    {
        "ACL", "BGREWRITEAOF", "BGSAVE", "CONFIG", "DEBUG", "FAILOVER", "MIGRATE", "MODULE", "PSYNC", "REPLICAOF", "REPLCONF", "SAVE", "SHUTDOWN",
        "SLAVEOF", "SYNC", "CLUSTER",
    };

    /// <summary>The order of what hash tables give depends on a seed that each process draws.</summary>
    private static readonly HashSet<string> Unordered = new(StringComparer.OrdinalIgnoreCase)
    {
        "KEYS", "SMEMBERS", "SINTER", "SUNION", "SDIFF", "HGETALL", "HKEYS", "HVALS", "SCAN", "SSCAN", "HSCAN", "ZSCAN", "COMMAND", "PUBSUB", "SORT", "SORT_RO",
        "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE", "FUNCTION",
    };

    /// <summary>What depends on time, chance, memory, or who else is connected: the form must be the same, and every error.</summary>
    private static readonly HashSet<string> Volatile = new(StringComparer.OrdinalIgnoreCase)
    {
        "SRANDMEMBER", "SPOP", "RANDOMKEY", "HRANDFIELD", "ZRANDMEMBER", "TIME", "INFO", "LASTSAVE", "LOLWUT", "TTL", "PTTL",
        "EXPIRETIME", "PEXPIRETIME", "HTTL", "HPTTL", "HEXPIRETIME", "HPEXPIRETIME", "XADD", "XINFO", "XPENDING", "XAUTOCLAIM", "HELLO", "ROLE", "MONITOR", "DUMP",
        "CLIENT LIST", "CLIENT INFO", "CLIENT ID", "CLIENT KILL", "OBJECT IDLETIME", "OBJECT FREQ",
    };

    /// <summary>What tells how long things took: even whether there is anything to tell is a matter of time.</summary>
    private static readonly HashSet<string> Timed = new(StringComparer.OrdinalIgnoreCase) { "SLOWLOG", "COMMANDLOG", "LATENCY", "MEMORY" };

    /// <summary>A cursor that is no beginning means another place in each process.</summary>
    private static readonly Dictionary<string, int> Cursors = new(StringComparer.OrdinalIgnoreCase) { ["SCAN"] = 1, ["SSCAN"] = 2, ["HSCAN"] = 2, ["ZSCAN"] = 2 };

    /// <summary>Describes the difference.</summary>
    /// <param name="command">The command.</param>
    /// <param name="exchange">What came.</param>
    /// <returns>Both sides, or <c>null</c> where they are the same.</returns>
    public static string? Difference(IReadOnlyList<string> command, Exchange exchange)
    {
        if (exchange.Direct.Count != exchange.Through.Count)
        {
            return Describe(exchange);
        }

        for (var index = 0; index < exchange.Direct.Count; index++)
        {
            if (!AreSame(command, exchange.Direct[index], exchange.Through[index]))
            {
                return Describe(exchange);
            }
        }

        return null;
    }

    private static bool AreSame(IReadOnlyList<string> command, RespValue direct, RespValue through)
    {
        var name = command[0];
        if (IsBlocked(direct, through))
        {
            return true;
        }

        if (direct.IsError || through.IsError)
        {
            return direct.Type == through.Type && Error(direct.Text) == Error(through.Text);
        }

        return Timed.Contains(name) ? direct.Type == through.Type
            : IsVolatile(command) ? HaveSameForm(direct, through)
            : Unordered.Contains(name) ? Leaves(direct).SequenceEqual(Leaves(through))
            : direct.ToString() == through.ToString();
    }

    /// <summary>Whether the engine refused what the gateway says it does not know.</summary>
    public static bool IsBlocked(RespValue direct, RespValue through) =>
        direct.IsError && UnknownCommand().Match(through.Text) is { Success: true } match && Blocked.Contains(match.Groups[1].Value);

    private static bool IsVolatile(IReadOnlyList<string> command) =>
        Volatile.Contains(command[0]) || (command.Count > 1 && Volatile.Contains($"{command[0]} {command[1]}"))
        || (Cursors.TryGetValue(command[0], out var index) && command.Count > index && command[index] != "0");

    private static bool HaveSameForm(RespValue direct, RespValue through) =>
        direct.Type == through.Type && (direct.IsNull == through.IsNull) && (!direct.IsAggregate || (direct.Items.Count == 0) == (through.Items.Count == 0));

    private static IEnumerable<string> Leaves(RespValue value) => All(value).OrderBy(text => text, StringComparer.Ordinal);

    private static IEnumerable<string> All(RespValue value) => value.IsAggregate
        ? value.Items.SelectMany(All).Prepend(string.Create(CultureInfo.InvariantCulture, $"{value.Type}{value.Items.Count}"))
        : [value.ToString()];

    /// <summary>Errors may name the engine's user, which is the gateway's; the words of a refused AUTH depend on the user that was named, on Garnet.</summary>
    private static string Error(string text) => RefusedLogin().Replace(User().Replace(text, "User ? has"), "WRONGPASS ?");

    /// <summary>A reply as text, without what may differ: the number of the connection, which HELLO tells, and the name of the user in an error.</summary>
    public static string Text(RespValue value) => Identity().Replace(Error(value.ToString()), "$1:?");

    private static string Describe(Exchange exchange) =>
        $"    directly:         {string.Join(" | ", exchange.Direct)}\n    through the door: {string.Join(" | ", exchange.Through)}";

    [GeneratedRegex(@"(\$(?:id|redirect), ):\d+")]
    private static partial Regex Identity();

    [GeneratedRegex("^ERR unknown command '([^']*)'")]
    private static partial Regex UnknownCommand();

    [GeneratedRegex(@"WRONGPASS [A-Za-z /-]*")]
    private static partial Regex RefusedLogin();

    [GeneratedRegex("User [a-z-]+ has")]
    private static partial Regex User();
}
