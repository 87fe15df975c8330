using System.Buffers;

namespace Larder.Resp.Requests;

/// <summary>Splits an inline command as Redis does (<c>sdssplitargs</c>): words, 'single' and "double" quotes, escapes in the latter.</summary>
public static class InlineCommand
{
    /// <summary>Turns a line into the protocol's form.</summary>
    /// <param name="line">The line; its end may be there or not.</param>
    /// <param name="command">Gets the command; nothing where the line has no words.</param>
    /// <returns>Whether the line is well-formed; if not (unbalanced quotes, a NUL), <paramref name="command"/> got nothing.</returns>
    public static bool TryEncode(ReadOnlySpan<byte> line, IBufferWriter<byte> command)
    {
        ArgumentNullException.ThrowIfNull(command);
        line = line.TrimEnd("\r\n"u8);
        var words = new List<byte[]>();
        var word = new ArrayBufferWriter<byte>(Math.Max(line.Length, 1));
        var position = 0;
        while (true)
        {
            while (position < line.Length && IsSpace(line[position]))
            {
                position++;
            }

            if (position == line.Length)
            {
                break;
            }

            word.ResetWrittenCount();
            if (!TryReadWord(line, ref position, word))
            {
                return false;
            }

            words.Add(word.WrittenSpan.ToArray());
        }

        if (words.Count > 0)
        {
            RespWriter.WriteCommandHeader(command, words.Count);
            words.ForEach(argument => RespWriter.WriteBulk(command, argument));
        }

        return true;
    }

    private static bool TryReadWord(ReadOnlySpan<byte> line, ref int position, ArrayBufferWriter<byte> word)
    {
        while (position < line.Length)
        {
            var next = line[position];
            switch (next)
            {
                case 0:
                    return false;
                case (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n':
                    return true;
                case (byte)'"':
                    position++;
                    return TryReadDoubleQuoted(line, ref position, word);
                case (byte)'\'':
                    position++;
                    return TryReadSingleQuoted(line, ref position, word);
                default:
                    Append(word, next);
                    position++;
                    break;
            }
        }

        return true;
    }

    private static bool TryReadDoubleQuoted(ReadOnlySpan<byte> line, ref int position, ArrayBufferWriter<byte> word)
    {
        while (position < line.Length)
        {
            var next = line[position++];
            switch (next)
            {
                case 0:
                    return false;
                case (byte)'"':
                    return IsWordEnd(line, position);
                case (byte)'\\' when position + 2 < line.Length && line[position] == (byte)'x'
                    && char.IsAsciiHexDigit((char)line[position + 1]) && char.IsAsciiHexDigit((char)line[position + 2]):
                    Append(word, (byte)((FromHex(line[position + 1]) << 4) | FromHex(line[position + 2])));
                    position += 3;
                    break;
                case (byte)'\\' when position < line.Length && line[position] != 0:
                    Append(word, line[position++] switch
                    {
                        (byte)'n' => (byte)'\n',
                        (byte)'r' => (byte)'\r',
                        (byte)'t' => (byte)'\t',
                        (byte)'b' => (byte)'\b',
                        (byte)'a' => (byte)'\a',
                        var other => other,
                    });
                    break;
                default:
                    Append(word, next);
                    break;
            }
        }

        return false;
    }

    private static bool TryReadSingleQuoted(ReadOnlySpan<byte> line, ref int position, ArrayBufferWriter<byte> word)
    {
        while (position < line.Length)
        {
            var next = line[position++];
            switch (next)
            {
                case 0:
                    return false;
                case (byte)'\'':
                    return IsWordEnd(line, position);
                case (byte)'\\' when position < line.Length && line[position] == (byte)'\'':
                    Append(word, (byte)'\'');
                    position++;
                    break;
                default:
                    Append(word, next);
                    break;
            }
        }

        return false;
    }

    /// <summary>A closing quote must be followed by a space, or by nothing.</summary>
    private static bool IsWordEnd(ReadOnlySpan<byte> line, int position) => position == line.Length || IsSpace(line[position]);

    private static bool IsSpace(byte value) => value == (byte)' ' || (value >= (byte)'\t' && value <= (byte)'\r');

    private static int FromHex(byte digit) => char.IsAsciiDigit((char)digit) ? digit - '0' : (digit | 0x20) - 'a' + 10;

    private static void Append(ArrayBufferWriter<byte> word, byte value)
    {
        word.GetSpan(1)[0] = value;
        word.Advance(1);
    }
}
