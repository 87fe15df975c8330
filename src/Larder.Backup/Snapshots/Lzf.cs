namespace Larder.Backup.Snapshots;

/// <summary>
/// The compression that engines use for strings in RDB files. Source: the form of liblzf:
/// <code>
/// 000LLLLL                      LLLLL + 1 bytes as they are
/// LLLooooo oooooooo             LLL + 2 bytes from 0ooooo'oooooooo + 1 bytes back, LLL 1..6
/// 111ooooo LLLLLLLL oooooooo    LLLLLLLL + 9 bytes from there
/// </code>
/// </summary>
internal static class Lzf
{
    private const int LongestRun = 32;

    /// <summary>Decompresses.</summary>
    /// <param name="from">What is compressed.</param>
    /// <param name="to">As long as what it becomes.</param>
    /// <returns>False where it is damaged.</returns>
    public static bool TryDecompress(ReadOnlySpan<byte> from, Span<byte> to)
    {
        var (at, done) = (0, 0);
        while (at < from.Length)
        {
            int control = from[at++];
            if (control < LongestRun)
            {
                var run = control + 1;
                if (run > from.Length - at || run > to.Length - done)
                {
                    return false;
                }

                from.Slice(at, run).CopyTo(to[done..]);
                (at, done) = (at + run, done + run);
                continue;
            }

            var length = control >> 5;
            if (length == 7)
            {
                if (at == from.Length)
                {
                    return false;
                }

                length += from[at++];
            }

            length += 2;
            if (at == from.Length)
            {
                return false;
            }

            var back = done - ((control & 0x1f) << 8) - from[at++] - 1;
            if (back < 0 || length > to.Length - done)
            {
                return false;
            }

            // Byte by byte: what is copied may reach into what it makes.
            for (var end = done + length; done < end; done++, back++)
            {
                to[done] = to[back];
            }
        }

        return done == to.Length;
    }
}
