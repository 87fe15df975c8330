namespace Larder.Resp;

/// <summary>The integers of RESP headers, read as strictly as Redis reads them: no sign but a minus, no leading zeros, no spaces.</summary>
public static class RespInteger
{
    /// <summary>Digits of <see cref="long.MinValue"/> with its sign: no valid integer is longer.</summary>
    public const int MaxLength = 20;

    /// <summary>Reads a text that is an integer and nothing else.</summary>
    /// <param name="text">ASCII, without the line's end.</param>
    /// <param name="value">The integer; 0 where the text is none.</param>
    /// <returns>Whether the text is an integer that fits 64 bits.</returns>
    public static bool TryParse(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        var negative = !text.IsEmpty && text[0] == (byte)'-';
        var digits = negative ? text[1..] : text;
        if (digits.IsEmpty || digits.Length > MaxLength - 1)
        {
            return false;
        }

        if (digits[0] == (byte)'0')
        {
            return digits.Length == 1 && !negative;
        }

        ulong magnitude = 0;
        foreach (var digit in digits)
        {
            var number = (uint)(digit - '0');
            if (number > 9 || magnitude > (ulong.MaxValue - number) / 10)
            {
                return false;
            }

            magnitude = (magnitude * 10) + number;
        }

        if (magnitude > (negative ? (ulong)long.MaxValue + 1 : long.MaxValue))
        {
            return false;
        }

        value = negative ? unchecked(-(long)magnitude) : (long)magnitude;
        return true;
    }
}
