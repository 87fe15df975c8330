using System.Buffers.Text;
using System.Collections.Frozen;
using System.Text;

namespace Larder.Gateway.Commands;

/// <summary>
/// Which commands only read, in the engine's own words: the flags of its <c>COMMAND</c> reply (https://redis.io/docs/latest/commands/command/).
/// </summary>
internal sealed class CommandEffects
{
    private const int SubcommandsField = 9;

    /// <summary>Carry no flag that says so, and change nothing all the same.</summary>
    private static readonly string[] Harmless = ["PING", "ECHO", "TIME", "INFO", "COMMAND", "LASTSAVE", "ROLE", "DBSIZE"];

    private static readonly CommandEffects Unknown = new([]);

    private readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> _reading;

    private CommandEffects(IEnumerable<string> reading, bool hasReplyModes = true)
    {
        HasReplyModes = hasReplyModes;
        _reading = reading.Concat(Harmless).ToFrozenSet(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Whether CLIENT REPLY can switch replies off. An engine without it answers it with an error, and goes on answering.</summary>
    public bool HasReplyModes { get; }

    /// <summary>What is known before an engine has told: all but the harmless ones may write.</summary>
    public static CommandEffects BeforeEngine => Unknown;

    /// <summary>Reads an engine's reply to <c>COMMAND</c> in RESP2.</summary>
    /// <param name="reply">The reply, whole.</param>
    /// <returns>The table; <c>null</c> where the reply is something else.</returns>
    public static CommandEffects? Read(ReadOnlySpan<byte> reply)
    {
        var reading = new List<string>();
        var hasReplyModes = true;
        var position = 0;
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

            var (reads, writes) = (false, false);
            for (; flags > 0; flags--)
            {
                if (!TryReadText(reply, ref position, out var flag))
                {
                    return null;
                }

                reads |= flag.SequenceEqual("readonly"u8);
                writes |= flag.SequenceEqual("write"u8);
            }

            for (var field = 3; field < fields; field++)
            {
                if (field == SubcommandsField && Ascii.EqualsIgnoreCase(name, "CLIENT"u8))
                {
                    var at = position;
                    hasReplyModes = TryFindReply(reply, ref at, out var found) ? found : hasReplyModes;
                }

                if (!TrySkip(reply, ref position))
                {
                    return null;
                }
            }

            if (reads && !writes)
            {
                reading.Add(Encoding.ASCII.GetString(name));
            }
        }

        return new CommandEffects(reading, hasReplyModes);
    }

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

    /// <summary>Reads the subcommands of CLIENT, where they are told.</summary>
    private static bool TryFindReply(ReadOnlySpan<byte> reply, ref int position, out bool found)
    {
        found = false;
        if (!TryReadHeader(reply, ref position, (byte)'*', out var subcommands) || subcommands == 0)
        {
            return false;
        }

        for (; subcommands > 0; subcommands--)
        {
            if (!TryReadHeader(reply, ref position, (byte)'*', out var fields) || fields < 1 || !TryReadText(reply, ref position, out var name))
            {
                return false;
            }

            found |= Ascii.EqualsIgnoreCase(name, "CLIENT|REPLY"u8);
            for (; fields > 1; fields--)
            {
                if (!TrySkip(reply, ref position))
                {
                    return false;
                }
            }
        }

        return true;
    }

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
