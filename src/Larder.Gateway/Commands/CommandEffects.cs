using System.Buffers.Text;
using System.Collections.Frozen;
using System.Text;

namespace Larder.Gateway.Commands;

/// <summary>
/// Which commands only read, in the engine's own words: the flags of its <c>COMMAND</c> reply (https://redis.io/docs/latest/commands/command/).
/// </summary>
internal sealed class CommandEffects
{
    /// <summary>Carry no flag that says so, and change nothing all the same.</summary>
    private static readonly string[] Harmless = ["PING", "ECHO", "TIME", "INFO", "COMMAND", "LASTSAVE", "ROLE", "DBSIZE"];

    /// <summary>
    /// Have neither a flag that says that they read nor one that they write, and leave the connection as it is: containers, scripts, which cannot
    /// change the connection that calls them, and messages.
    /// </summary>
    private static readonly string[] Stateless =
        [.. Harmless, "OBJECT", "XINFO", "XGROUP", "PUBLISH", "SPUBLISH", "PUBSUB", "EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "FCALL", "FCALL_RO", "LOLWUT"];

    private static readonly CommandEffects Unknown = new([], [], knowsLibraryInfo: false);

    private readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> _reading;
    private readonly FrozenDictionary<UInt128, KnownCommand> _commands;

    private CommandEffects(
        IEnumerable<KnownCommand> commands, IEnumerable<string> reading, bool knowsLibraryInfo, bool hasReplyModes = true, bool hasReset = true)
    {
        HasReplyModes = hasReplyModes;
        HasReset = hasReset;
        _reading = reading.Concat(Harmless).ToFrozenSet(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();
        _commands = commands
            .Where(command => command.Name.Length <= CommandTable.MaxNameLength)
            .Select(command => (Key: CommandTable.Pack(Encoding.ASCII.GetBytes(command.Name)), Command: command))
            .DistinctBy(entry => entry.Key)
            .ToFrozenDictionary(entry => entry.Key, entry => entry.Command);
        KnowsLibraryInfo = knowsLibraryInfo;
    }

    /// <summary>Whether CLIENT REPLY can switch replies off. An engine without it answers it with an error, and goes on answering.</summary>
    public bool HasReplyModes { get; }

    /// <summary>Whether the engine has RESET. One without it answers it as any command that it does not know.</summary>
    public bool HasReset { get; }

    /// <summary>Whether the engine has <c>CLIENT SETINFO</c>.</summary>
    public bool KnowsLibraryInfo { get; }

    /// <summary>
    /// Whether a refused key may have no reply at all: from Redis 7.2 on, and in Valkey, it has none while replies to what was before it are still on their way. The
    /// same versions have <c>CLIENT SETINFO</c>.
    /// </summary>
    public bool MayIgnoreWrongKeys => KnowsLibraryInfo;

    /// <summary>What is known before an engine has told: all but the harmless ones may write.</summary>
    public static CommandEffects BeforeEngine => Unknown;

    /// <summary>Reads an engine's reply to <c>COMMAND</c> in RESP2.</summary>
    /// <param name="reply">The reply, whole.</param>
    /// <returns>The table; <c>null</c> where the reply is something else.</returns>
    public static CommandEffects? Read(ReadOnlySpan<byte> reply)
    {
        var known = new List<KnownCommand>();
        var reading = new List<string>();
        var position = 0;
        var hasReset = false;
        if (!TryReadHeader(reply, ref position, (byte)'*', out var commands))
        {
            return null;
        }

        for (; commands > 0; commands--)
        {
            // name, arity, flags, then fields that other versions add to.
            if (!TryReadHeader(reply, ref position, (byte)'*', out var fields) || fields < 3
                || !TryReadText(reply, ref position, out var name)
                || !TrySkip(reply, ref position)
                || !TryReadHeader(reply, ref position, (byte)'*', out var flags))
            {
                return null;
            }

            var (reads, writes, stateful) = (false, false, false);
            for (; flags > 0; flags--)
            {
                if (!TryReadText(reply, ref position, out var flag))
                {
                    return null;
                }

                reads |= flag.SequenceEqual("readonly"u8);
                writes |= flag.SequenceEqual("write"u8);
                stateful |= flag.SequenceEqual("blocking"u8) || flag.SequenceEqual("pubsub"u8) || flag.SequenceEqual("admin"u8);
            }

            var keys = new int[3];
            for (var index = 0; index < keys.Length && fields > 3; index++, fields--)
            {
                if (!TryReadLine(reply, ref position, out var number) || number.IsEmpty || number[0] != (byte)':' || !Utf8Parser.TryParse(number[1..], out keys[index], out _))
                {
                    return null;
                }
            }

            for (; fields > 3; fields--)
            {
                if (!TrySkip(reply, ref position))
                {
                    return null;
                }
            }

            var text = Encoding.ASCII.GetString(name).ToLowerInvariant();
            hasReset |= CommandTable.Find(name) == CommandKind.Reset;
            var onlyReads = reads && !writes;
            if (onlyReads)
            {
                reading.Add(text);
            }

            var isShareable = CommandTable.Find(name) is CommandKind.Plain or CommandKind.Publish or CommandKind.Info
                && (((reads || writes) && !stateful) || Stateless.Contains(text, StringComparer.OrdinalIgnoreCase));
            var effect = onlyReads || Harmless.Contains(text, StringComparer.OrdinalIgnoreCase) ? CommandEffect.Reads : CommandEffect.Writes;
            known.Add(new KnownCommand(text, effect, isShareable, keys[0], keys[1], keys[2]));
        }

        return new CommandEffects(known, reading, reply.IndexOf("client|setinfo"u8) >= 0, HasReply(reply), hasReset);
    }

    /// <summary>An engine that tells of no subcommand at all is an old one, which has it.</summary>
    private static bool HasReply(ReadOnlySpan<byte> reply) =>
        Tells(reply, "client|reply"u8, "CLIENT|REPLY"u8) || !Tells(reply, "client|"u8, "CLIENT|"u8);

    private static bool Tells(ReadOnlySpan<byte> reply, ReadOnlySpan<byte> name, ReadOnlySpan<byte> inCapitals) =>
        reply.IndexOf(name) >= 0 || reply.IndexOf(inCapitals) >= 0;

    /// <summary>What a command does.</summary>
    /// <param name="name">Its name, in any case.</param>
    /// <returns><see cref="CommandEffect.Writes"/> where nobody knows.</returns>
    public CommandEffect Of(ReadOnlySpan<byte> name)
    {
        Span<char> characters = stackalloc char[64];
        return name.Length <= characters.Length && Encoding.Latin1.TryGetChars(name, characters, out var length) && _reading.Contains(characters[..length])
            ? CommandEffect.Reads
            : CommandEffect.Writes;
    }

    /// <summary>A command of the engine.</summary>
    /// <param name="name">Its name, in any case.</param>
    /// <returns>The command; <c>null</c> where the engine has none of this name, or nobody knows.</returns>
    public KnownCommand? Find(ReadOnlySpan<byte> name) =>
        name.Length is > 0 and <= CommandTable.MaxNameLength ? _commands.GetValueOrDefault(CommandTable.Pack(name)) : null;

    /// <summary>A command that may be given to the engine on a connection that others use too.</summary>
    /// <param name="name">Its name, in any case.</param>
    /// <returns>The command; <c>null</c> where it may not, or nobody knows.</returns>
    public KnownCommand? FindShareable(ReadOnlySpan<byte> name) => Find(name) is { IsShareable: true } command ? command : null;

    private static bool TryReadHeader(ReadOnlySpan<byte> reply, ref int position, byte type, out long count)
    {
        count = 0;
        return TryReadLine(reply, ref position, out var line) && line.Length > 1 && line[0] == type
            && Utf8Parser.TryParse(line[1..], out count, out var read) && read == line.Length - 1;
    }

    private static bool TryReadLine(ReadOnlySpan<byte> reply, ref int position, out ReadOnlySpan<byte> line)
    {
        line = default;
        var length = reply[position..].IndexOf("\r\n"u8);
        if (length < 0)
        {
            return false;
        }

        line = reply.Slice(position, length);
        position += length + 2;
        return true;
    }

    private static bool TryReadText(ReadOnlySpan<byte> reply, ref int position, out ReadOnlySpan<byte> text)
    {
        if (!TryReadLine(reply, ref position, out text) || text.IsEmpty)
        {
            return false;
        }

        if (text[0] == (byte)'+')
        {
            text = text[1..];
            return true;
        }

        if (text[0] != (byte)'$' || !Utf8Parser.TryParse(text[1..], out int length, out _) || length < 0 || position + length + 2 > reply.Length)
        {
            return false;
        }

        text = reply.Slice(position, length);
        position += length + 2;
        return true;
    }

    private static bool TrySkip(ReadOnlySpan<byte> reply, ref int position)
    {
        for (long left = 1; left > 0; left--)
        {
            if (!TryReadLine(reply, ref position, out var line) || line.IsEmpty)
            {
                return false;
            }

            if (line[0] is not ((byte)'*' or (byte)'$'))
            {
                continue;
            }

            if (!Utf8Parser.TryParse(line[1..], out long count, out _))
            {
                return false;
            }

            if (line[0] == (byte)'*')
            {
                left += Math.Max(0, count);
            }
            else if (count >= 0)
            {
                if (position + count + 2 > reply.Length)
                {
                    return false;
                }

                position += (int)count + 2;
            }
        }

        return true;
    }
}
