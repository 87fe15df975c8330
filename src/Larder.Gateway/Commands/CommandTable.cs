using System.Collections.Frozen;
using System.Text;

namespace Larder.Gateway.Commands;

/// <summary>The commands that are more to the gateway than bytes to pass on. Data, and a lookup that costs next to nothing for the others.</summary>
internal static class CommandTable
{
    /// <summary>Longer names are in no table.</summary>
    public const int MaxNameLength = 16;

    private static readonly (CommandKind Kind, string Names)[] Rules =
    [
        (CommandKind.Blocked,
            "ACL BGREWRITEAOF BGSAVE CONFIG DEBUG FAILOVER MIGRATE MODULE PSYNC REPLICAOF REPLCONF SAVE SHUTDOWN SLAVEOF SYNC"),
        (CommandKind.BlockedUnlessReading, "CLUSTER"),
        (CommandKind.Hostile, "POST HOST:"),
        (CommandKind.Auth, "AUTH"),
        (CommandKind.Hello, "HELLO"),
        (CommandKind.Quit, "QUIT"),
        (CommandKind.Reset, "RESET"),
        (CommandKind.Multi, "MULTI"),
        (CommandKind.Exec, "EXEC"),
        (CommandKind.Discard, "DISCARD"),
        (CommandKind.Watch, "WATCH"),
        (CommandKind.Unwatch, "UNWATCH"),
        (CommandKind.Subscribe, "SUBSCRIBE"),
        (CommandKind.PatternSubscribe, "PSUBSCRIBE"),
        (CommandKind.ShardSubscribe, "SSUBSCRIBE"),
        (CommandKind.Unsubscribe, "UNSUBSCRIBE"),
        (CommandKind.PatternUnsubscribe, "PUNSUBSCRIBE"),
        (CommandKind.ShardUnsubscribe, "SUNSUBSCRIBE"),
        (CommandKind.Client, "CLIENT"),
        (CommandKind.Publish, "PUBLISH"),
        (CommandKind.Info, "INFO"),
        (CommandKind.Select, "SELECT"),
        (CommandKind.Blocking, "BLPOP BRPOP BLMOVE BRPOPLPUSH BLMPOP BZPOPMIN BZPOPMAX BZMPOP XREAD XREADGROUP"),
        (CommandKind.Script, "SCRIPT"),
        (CommandKind.Monitor, "MONITOR"),
        (CommandKind.Asking, "ASKING"),
        (CommandKind.ReadOnly, "READONLY READWRITE"),
    ];

    private static readonly FrozenDictionary<UInt128, CommandKind> Kinds = Rules
        .SelectMany(rule => rule.Names.Split(' ').Select(name => (Key: Pack(Encoding.ASCII.GetBytes(name)), rule.Kind)))
        .ToFrozenDictionary(entry => entry.Key, entry => entry.Kind);

    /// <summary>For each length of a name, the first letters that special commands of that length have: most commands need no lookup.</summary>
    private static readonly uint[] FirstLetters = BuildFirstLetters();

    private static readonly FrozenSet<UInt128> ReadingClusterSubcommands = Set(
        "COUNTKEYSINSLOT GETKEYSINSLOT HELP INFO KEYSLOT LINKS MYID MYSHARDID NODES REPLICAS SHARDS SLAVES SLOTS SLOT-STATS");

    private static readonly FrozenSet<UInt128> StatelessClientSubcommands = Set(
        "GETNAME GETREDIR HELP ID INFO KILL LIST PAUSE TRACKINGINFO UNBLOCK UNPAUSE");

    private static readonly FrozenSet<UInt128> RepeatableClientSubcommands = Set(
        "GETNAME GETREDIR HELP ID INFO LIST NO-EVICT NO-TOUCH SETINFO SETNAME TRACKINGINFO");

    /// <summary>What a command is.</summary>
    /// <param name="name">Its name, in any case.</param>
    /// <returns>Its kind; <see cref="CommandKind.Plain"/> where it is not in the table.</returns>
    public static CommandKind Find(ReadOnlySpan<byte> name) =>
        name.Length is > 0 and <= MaxNameLength && (FirstLetters[name.Length] & (1u << (name[0] & 31))) != 0
        && Kinds.TryGetValue(Pack(name), out var kind)
            ? kind
            : CommandKind.Plain;

    /// <summary>Whether a subcommand of CLUSTER only reads. One that nobody knows does not.</summary>
    /// <param name="name">Its name, in any case.</param>
    public static bool IsReadingClusterSubcommand(ReadOnlySpan<byte> name) =>
        name.Length is > 0 and <= MaxNameLength && ReadingClusterSubcommands.Contains(Pack(name));

    /// <summary>Whether a subcommand of CLIENT leaves the connection as it is. One that nobody knows does not.</summary>
    /// <param name="name">Its name, in any case.</param>
    public static bool IsStatelessClientSubcommand(ReadOnlySpan<byte> name) =>
        name.Length is > 0 and <= MaxNameLength && StatelessClientSubcommands.Contains(Pack(name));

    /// <summary>Whether a subcommand of CLIENT may be given twice without doing anything twice.</summary>
    /// <param name="name">Its name, in any case.</param>
    public static bool IsRepeatableClientSubcommand(ReadOnlySpan<byte> name) =>
        name.Length is > 0 and <= MaxNameLength && RepeatableClientSubcommands.Contains(Pack(name));

    private static FrozenSet<UInt128> Set(string names) => names.Split(' ').Select(name => Pack(Encoding.ASCII.GetBytes(name))).ToFrozenSet();

    private static uint[] BuildFirstLetters()
    {
        var letters = new uint[MaxNameLength + 1];
        foreach (var name in Rules.SelectMany(rule => rule.Names.Split(' ')))
        {
            letters[name.Length] |= 1u << (name[0] & 31);
        }

        return letters;
    }

    /// <summary>The upper-case name in one number; names of other lengths differ, as no name has NUL in it.</summary>
    /// <param name="name">The name, of at most <see cref="MaxNameLength"/> bytes.</param>
    public static UInt128 Pack(ReadOnlySpan<byte> name)
    {
        UInt128 packed = (UInt128)(uint)name.Length;
        foreach (var character in name)
        {
            packed = (packed << 8) ^ (byte)(character is >= (byte)'a' and <= (byte)'z' ? character - 32 : character);
        }

        return packed;
    }
}
