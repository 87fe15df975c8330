using System.Globalization;

namespace Larder.Compat.Differential;

/// <summary>What a client of an interleaving does next, given the state of its connection. {id:N} stands for the id of client N's connection.</summary>
/// <param name="random">Decides.</param>
/// <param name="waits">Whether the engine can be asked how many clients wait; Garnet cannot.</param>
/// <param name="ignoresWrongKeys">Whether the engine does not answer a refused key while replies before it are on their way; then it comes first and alone.</param>
internal sealed class Steps(Random random, bool waits, bool ignoresWrongKeys)
{
    private static readonly string[] Plain =
    [
        "SET k v", "GET k", "INCR n", "DEL k", "SET k v2", "APPEND k x", "RPUSH l a b", "LRANGE l 0 -1", "LPOP l", "HSET h a 1", "HGET h a", "ZADD z 1 a", "ZSCORE z a", "EXISTS k n l",
        "TYPE k", "INCR k", "GET", "NONSENSE", "CONFIG GET port", "DEBUG JMAP", "PUBLISH c hello", "PUBLISH d there", "SPUBLISH c shard", "PUBSUB NUMSUB c d", "PUBSUB NUMPAT",
        "EVAL return{KEYS[1],ARGV[1]} 1 k x", "EVAL return{err='MY'} 0", "EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0", "SCRIPT EXISTS e0e1f9fabfc9d4800c877a703b823ac0578ff8db",
        "SCRIPT FLUSH", "EVAL return(1) 0", "FUNCTION LIST", "FCALL f 1 k x", "FUNCTION FLUSH", "OBJECT ENCODING n", "WAIT 0 1", "DBSIZE", "COMMAND COUNT", "CLIENT GETNAME",
        "CLIENT SETNAME me", "CLIENT SETNAME", "CLIENT NO-EVICT ON", "CLIENT NO-TOUCH ON", "CLIENT TRACKINGINFO", "CLIENT NONSENSE", "CLIENT SETINFO LIB-NAME test", "BLPOP l 0.01", "BLPOP nothing 0.01",
        "XADD s 1-* f v", "XREAD COUNT 1 STREAMS s 0", "XREAD BLOCK 5 STREAMS nothing $", "LMOVE l l LEFT RIGHT", "BLMOVE l l2 LEFT RIGHT 0.01", "FLUSHDB", "SWAPDB 0 1", "MOVE k 1",
    ];

    private static readonly string[] Stateful =
    [
        "MULTI", "MULTI", "MULTI", "EXEC", "EXEC", "DISCARD", "WATCH k", "WATCH k n l", "UNWATCH", "SELECT 1", "SELECT 0", "SELECT 99", "SUBSCRIBE c", "SUBSCRIBE c d", "PSUBSCRIBE c*", "PSUBSCRIBE __keyevent*",
        "SSUBSCRIBE c", "HELLO 3", "HELLO 2", "HELLO 3 AUTH default wrong", "HELLO 9", "HELLO 3 SETNAME you", "AUTH wrong", "AUTH primary-key", "AUTH default primary-key", "CLIENT TRACKING ON", "CLIENT TRACKING ON BCAST",
        "CLIENT TRACKING ON OPTIN", "CLIENT TRACKING ON NOLOOP", "CLIENT TRACKING OFF", "CLIENT TRACKING ON REDIRECT {id:0}", "CLIENT CACHING YES",
    ];

    private static readonly string[] Subscribed =
    [
        "SUBSCRIBE d", "UNSUBSCRIBE", "UNSUBSCRIBE c", "UNSUBSCRIBE nothing", "PUNSUBSCRIBE", "PUNSUBSCRIBE c*", "SUNSUBSCRIBE", "SUNSUBSCRIBE c", "PING", "PING x", "GET k", "PUBLISH c own", "MULTI", "SSUBSCRIBE d",
    ];

    private int _waiting;

    /// <summary>
    /// What Garnet does with them leaves replies without a command, or a command without replies: to it, shard channels are channels, WATCH within a
    /// transaction is queued and counted twice, and UNSUBSCRIBE without names ends more than there was.
    /// </summary>
    private static readonly string[] NotOnGarnet = ["SSUBSCRIBE", "SUNSUBSCRIBE", "SPUBLISH", "WATCH"];

    /// <summary>What Garnet does not know it answers within a transaction at once, and once more with EXEC: then only these.</summary>
    private static readonly string[] InTransactionOnGarnet =
        ["SET", "GET", "INCR", "DEL", "APPEND", "RPUSH", "LRANGE", "LPOP", "HSET", "HGET", "ZADD", "ZSCORE", "EXISTS", "TYPE", "MULTI", "EXEC", "DISCARD"];

    /// <summary>What one client does next.</summary>
    /// <param name="client">The client.</param>
    /// <param name="clients">All clients.</param>
    /// <returns>Commands for one write; the client is marked with what they make of it.</returns>
    public IReadOnlyList<string> Next(Client client, IReadOnlyList<Client> clients)
    {
        if (client.IsMute)
        {
            return random.Next(2) == 0 ? ["CLIENT REPLY ON"] : [Any(Plain), "CLIENT REPLY ON", Any(Plain)];
        }

        if (client.IsPlain && random.Next(16) == 0)
        {
            return OfPlainClient(client, clients);
        }

        var commands = new List<string>();
        var (subscribed, inTransaction) = (client.Subscribed, client.InTransaction);
        for (var count = random.Next(3) == 0 ? random.Next(2, 6) : 1; count > 0; count--)
        {
            var command = client is { Subscribed: true } && random.Next(3) > 0 ? Any(Subscribed)
                : client.InTransaction && random.Next(4) == 0 ? Any(["EXEC", "DISCARD", "EXEC"])
                : random.Next(3) == 0 ? Any(Stateful)
                : Any(Plain);
            var name = command.Split(' ')[0];
            if (ignoresWrongKeys && command.Contains("wrong", StringComparison.Ordinal) && (subscribed || inTransaction || commands.Count > 0))
            {
                continue;
            }

            if (!waits && (NotOnGarnet.Contains(name) || command is "UNSUBSCRIBE" or "PUNSUBSCRIBE" || (inTransaction && (!InTransactionOnGarnet.Contains(name) || command == "GET"))))
            {
                continue;
            }

            subscribed |= name is "SUBSCRIBE" or "PSUBSCRIBE" or "SSUBSCRIBE";
            inTransaction = name == "MULTI" || (inTransaction && name is not ("EXEC" or "DISCARD"));
            commands.Add(!waits && command.EndsWith(" 0.01", StringComparison.Ordinal) ? command[..^4] + "0.2" : command);
        }

        return commands;
    }

    private List<string> OfPlainClient(Client client, IReadOnlyList<Client> clients)
    {
        switch (random.Next(7))
        {
            case 0:
                return ["CLIENT REPLY SKIP", Any(Plain), Any(Plain)];
            case 1:
                client.IsMute = true;
                return ["CLIENT REPLY OFF", Any(Plain), Any(Plain)];
            case 2:
                return ["RESET", "GET k", "AUTH primary-key"];
            case 3:
                return ["QUIT"];
            case 4 when clients.FirstOrDefault(other => other != client && other is { WaitsFor: null, IsClosed: false, Id: not null }) is { } victim:
                return [string.Create(CultureInfo.InvariantCulture, $"CLIENT KILL ID {{id:{victim.Name}}}")];
            case 5:
                return ["FUNCTION LOAD REPLACE #!lua\u00a0name=lib\nredis.register_function('f',function(k,a)return\u00a0a[1]end)", "FCALL f 1 k x"];
            default:
                if (clients.Count(other => other is { WaitsFor: null, IsClosed: false }) < 2 || !waits)
                {
                    goto case 0;
                }

                client.WaitsFor = string.Create(CultureInfo.InvariantCulture, $"q{_waiting++}");
                return [Any([$"BLPOP {client.WaitsFor} 0", $"BLMOVE {client.WaitsFor} l LEFT RIGHT 0", $"BRPOP {client.WaitsFor} nothing 0"])];
        }
    }

    /// <summary>How a client that waits is freed, by another one.</summary>
    public string Free(Client waiting) => random.Next(4) switch
    {
        _ when waiting.Id is null => $"RPUSH {waiting.WaitsFor} job",
        0 => string.Create(CultureInfo.InvariantCulture, $"CLIENT UNBLOCK {{id:{waiting.Name}}}"),
        1 => string.Create(CultureInfo.InvariantCulture, $"CLIENT UNBLOCK {{id:{waiting.Name}}} ERROR"),
        _ => $"RPUSH {waiting.WaitsFor} job",
    };

    private string Any(string[] choices) => choices[random.Next(choices.Length)];
}
