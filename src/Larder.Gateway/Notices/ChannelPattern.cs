namespace Larder.Gateway.Notices;

/// <summary>The glob patterns of PSUBSCRIBE: <c>*</c>, <c>?</c>, <c>[a-z]</c>, <c>[^a]</c>, and <c>\</c> before a character that is meant itself.</summary>
internal static class ChannelPattern
{
    /// <summary>Whether a channel fits a pattern. Takes at most the product of both lengths in steps, whatever the pattern is.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="channel">The channel.</param>
    public static bool Matches(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> channel)
    {
        var (at, position) = (0, 0);
        var (star, retry) = (-1, 0);
        while (position < channel.Length)
        {
            if (at < pattern.Length && pattern[at] == (byte)'*')
            {
                (star, retry) = (++at, position);
            }
            else if (at < pattern.Length && MatchesOne(pattern, at, channel[position], out var next))
            {
                (at, position) = (next, position + 1);
            }
            else if (star >= 0)
            {
                // The last star takes one more; those before it need not be tried again.
                (at, position) = (star, ++retry);
            }
            else
            {
                return false;
            }
        }

        return !pattern[at..].ContainsAnyExcept((byte)'*');
    }

    private static bool MatchesOne(ReadOnlySpan<byte> pattern, int at, byte character, out int next)
    {
        next = at + 1;
        switch (pattern[at])
        {
            case (byte)'?':
                return true;
            case (byte)'[':
                return MatchesSet(pattern, character, ref next);
            case (byte)'\\' when next < pattern.Length:
                return pattern[next++] == character;
            default:
                return pattern[at] == character;
        }
    }

    /// <summary>A set ends at its bracket or, as with Redis, at the pattern's end.</summary>
    private static bool MatchesSet(ReadOnlySpan<byte> pattern, byte character, ref int next)
    {
        var negated = next < pattern.Length && pattern[next] == (byte)'^';
        next += negated ? 1 : 0;
        var found = false;
        for (; next < pattern.Length && pattern[next] != (byte)']'; next++)
        {
            if (pattern[next] == (byte)'\\' && next + 1 < pattern.Length)
            {
                found |= pattern[++next] == character;
            }
            else if (next + 2 < pattern.Length && pattern[next + 1] == (byte)'-')
            {
                var (low, high) = (Math.Min(pattern[next], pattern[next + 2]), Math.Max(pattern[next], pattern[next + 2]));
                found |= character >= low && character <= high;
                next += 2;
            }
            else
            {
                found |= pattern[next] == character;
            }
        }

        next = Math.Min(next + 1, pattern.Length);
        return found != negated;
    }
}
