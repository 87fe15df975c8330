using System.Text;

namespace Larder.Gateway.Commands;

/// <summary>What the gateway itself answers, in the words of Redis 7 where Redis has words for it.</summary>
internal static class Replies
{
    public static ReadOnlySpan<byte> Ok => "+OK\r\n"u8;

    public static ReadOnlySpan<byte> Reset => "+RESET\r\n"u8;

    public static ReadOnlySpan<byte> NoAuth => "-NOAUTH Authentication required.\r\n"u8;

    public static ReadOnlySpan<byte> NoAuthHello =>
        "-NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time\r\n"u8;

    public static ReadOnlySpan<byte> WrongPass => "-WRONGPASS invalid username-password pair or user is disabled.\r\n"u8;

    public static ReadOnlySpan<byte> SyntaxError => "-ERR syntax error\r\n"u8;

    public static ReadOnlySpan<byte> NoProto => "-NOPROTO unsupported protocol version\r\n"u8;

    public static ReadOnlySpan<byte> ProtocolVersionNotInteger => "-ERR Protocol version is not an integer or out of range\r\n"u8;

    public static ReadOnlySpan<byte> InvalidClientName => "-ERR Client names cannot contain spaces, newlines or special characters.\r\n"u8;

    public static ReadOnlySpan<byte> CrossSlot => "-CROSSSLOT Keys in request don't hash to the same slot\r\n"u8;

    /// <summary>Of a command for several shards, which is kept whole until all have answered.</summary>
    public static ReadOnlySpan<byte> GatheredTooLarge =>
        "-ERR the gateway has no memory left for large commands that concern several shards; try again, or with fewer keys at once\r\n"u8;

    /// <summary>Where a command was sent from shard to shard for as long as it may wait.</summary>
    public static ReadOnlySpan<byte> SlotMoving => "-TRYAGAIN the slot of this command is moving to another shard: it was not executed; try again\r\n"u8;

    /// <summary>EXEC's answer where the transaction cannot be given to the shard that its slot has moved to.</summary>
    public static ReadOnlySpan<byte> TransactionMoved =>
        "-EXECABORT Transaction discarded because its slot has moved to another shard, and it is too long to have been kept; try again\r\n"u8;

    public static ReadOnlySpan<byte> NoSuchClient => "-ERR No such client\r\n"u8;

    public static ReadOnlySpan<byte> NoKillInTransaction => "-ERR CLIENT KILL is not served inside a transaction\r\n"u8;

    public static ReadOnlySpan<byte> MaxClients => "-ERR max number of clients reached\r\n"u8;

    /// <summary>The error kind that clients treat as passing: they try again, or connect again.</summary>
    public static ReadOnlySpan<byte> NoPrimary => "-LOADING the cache has no primary at the moment; try again\r\n"u8;

    /// <summary>In the place of a reply that was lost with its engine: only the client can know what to do now.</summary>
    public static ReadOnlySpan<byte> Uncertain =>
        "-UNCERTAIN the primary failed while this command was under way: it may have been executed or not; look before you repeat it\r\n"u8;

    /// <summary>As <see cref="Uncertain"/>, but certain.</summary>
    public static ReadOnlySpan<byte> NotDelivered =>
        "-ERR the primary failed before this command had arrived whole: it was not executed\r\n"u8;

    /// <summary>EXEC's answer where the transaction was queued at an engine that failed, and EXEC had not reached it.</summary>
    public static ReadOnlySpan<byte> TransactionNotDelivered =>
        "-EXECABORT Transaction discarded because the primary failed before EXEC had reached it\r\n"u8;

    /// <summary>With <c>durability: quorum</c>, in the place of a write's reply.</summary>
    public static ReadOnlySpan<byte> NotAcknowledged =>
        "-UNCERTAIN the write is done on the primary, but no replica acknowledged it in time: it is lost if the primary fails now\r\n"u8;

    public static ReadOnlySpan<byte> NotInTransaction => "-ERR Command not allowed inside a transaction\r\n"u8;

    public static ReadOnlySpan<byte> ChannelIsReserved =>
        "-NOPERM only the service itself publishes on AzureRedisEvents: its messages tell clients about the cache\r\n"u8;

    public static ReadOnlySpan<byte> Queued => "+QUEUED\r\n"u8;

    public static ReadOnlySpan<byte> EngineRefused =>
        "-ERR the cache's engine refused the gateway's own connection; the gateway's log says more\r\n"u8;

    /// <summary>EXEC's answer where a watched key has changed.</summary>
    /// <param name="protocol">2 or 3.</param>
    public static byte[] Null(int protocol) => protocol == 3 ? [.. "_\r\n"u8] : [.. "*-1\r\n"u8];

    /// <summary>Redis's answer to bytes that are no request.</summary>
    /// <param name="error">What is wrong; each character is a byte.</param>
    public static byte[] ProtocolError(string error) => OneLine($"-ERR Protocol error: {error}");

    /// <summary>Redis's answer to a wrong number of arguments.</summary>
    /// <param name="command">The command, lower case.</param>
    public static byte[] WrongArity(string command) => OneLine($"-ERR wrong number of arguments for '{command}' command");

    /// <summary>Redis's answer to an unknown option of HELLO.</summary>
    /// <param name="option">The option as it was given.</param>
    public static byte[] HelloSyntaxError(ReadOnlySpan<byte> option) => OneLine($"-ERR Syntax error in HELLO option '{Text(option)}'");

    /// <summary>The answer to a client that could mean several caches.</summary>
    /// <param name="hostNames">What it may name.</param>
    public static byte[] SeveralCaches(IEnumerable<string> hostNames) => OneLine(
        "-ERR this endpoint serves several caches; connect with the cache's host name as TLS server name (SNI): " + string.Join(", ", hostNames));

    /// <summary>Redis 7's answer to a command that it does not have: the name and the first arguments, each cut at 128 characters in all.</summary>
    /// <param name="command">The command.</param>
    public static byte[] UnknownCommand(in CommandView command)
    {
        const int bound = 128;
        var arguments = new StringBuilder();
        for (var index = 1; index < command.Known && arguments.Length < bound; index++)
        {
            arguments.Append('\'').Append(Text(command.Prefix(index, bound - arguments.Length))).Append("' ");
        }

        return OneLine($"-ERR unknown command '{Text(command.Prefix(0, bound))}', with args beginning with: {arguments}");
    }

    /// <summary>Bytes as characters, up to the first NUL, as C prints them.</summary>
    private static string Text(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? bytes : bytes[..end]);
    }

    private static byte[] OneLine(string text) => Encoding.Latin1.GetBytes(text.Replace('\r', ' ').Replace('\n', ' ') + "\r\n");
}
