using System.Buffers;
using System.Globalization;
using System.Text;
using Larder.Resp.Replies;
using Larder.Resp.Requests;

namespace Larder.Fuzz;

/// <summary>
/// Gives the scanners streams that are right, spoilt or nonsense. However the bytes are cut into pieces, the same must be found in them; what is found
/// lies within what was given; what is right is found to be right; and nothing throws or goes on for ever.
/// </summary>
public static class ParserFuzz
{
    private const string Alphabet = "*$:+-_#,(~%>|=!0123456789\r\n\r\n\"'\\ x\0\u00ff";

    /// <summary>Tries inputs.</summary>
    /// <param name="seed">Of the choices.</param>
    /// <param name="count">How many inputs.</param>
    /// <exception cref="FuzzException">Something was found; the message has the bytes.</exception>
    public static void Run(int seed, long count)
    {
        var random = new Random(seed);
        var bytes = new List<byte>(512);
        for (long input = 0; input < count; input++)
        {
            bytes.Clear();
            var requests = random.Next(2) == 0;
            var kind = random.Next(8);
            if (kind == 0)
            {
                for (var length = random.Next(1, 60); length > 0; length--)
                {
                    bytes.Add((byte)Alphabet[random.Next(Alphabet.Length)]);
                }
            }
            else if (requests)
            {
                Streams.Requests(bytes, random);
            }
            else
            {
                Streams.Replies(bytes, random);
            }

            if (kind > 2)
            {
                Mutation.Apply(bytes, random);
            }

            var given = bytes.ToArray();
            try
            {
                if (requests)
                {
                    CheckRequests(given, random);
                }
                else
                {
                    CheckReplies(given, random, mustBeValid: kind is 1 or 2);
                }
            }
            catch (Exception problem) when (problem is not FuzzException)
            {
                throw new FuzzException($"input {input} of seed {seed}: {problem}\n{Show(given)}");
            }
        }
    }

    private static void CheckRequests(byte[] bytes, Random random)
    {
        Span<int> one = stackalloc int[512];
        Span<int> other = stackalloc int[512];
        var whole = Requests(bytes, [], one);
        var pieces = Requests(bytes, Cuts(bytes.Length, random), other);
        if (whole != pieces || !one[..Math.Min(whole, one.Length)].SequenceEqual(other[..Math.Min(pieces, other.Length)]))
        {
            throw new FuzzException($"found {string.Join(' ', one[..Math.Min(whole, 512)].ToArray())} in one piece, {string.Join(' ', other[..Math.Min(pieces, 512)].ToArray())} in several\n{Show(bytes)}");
        }

        Passing(bytes, one[..Math.Min(whole, one.Length)]);
    }

    /// <summary>Statuses, lengths and places, in the order they are found.</summary>
    private static int Requests(byte[] bytes, ReadOnlySpan<int> cuts, Span<int> found)
    {
        var scanner = new RespRequestScanner(RespRequestLimits.Guest);
        var (start, count, cut) = (0, 0, 0);
        var end = cuts.IsEmpty ? bytes.Length : cuts[0];
        while (true)
        {
            var status = scanner.Scan(bytes.AsSpan(start, end - start));
            switch (status)
            {
                case RespRequestStatus.NeedMoreData:
                    if (end == bytes.Length)
                    {
                        return count;
                    }

                    end = ++cut < cuts.Length ? cuts[cut] : bytes.Length;
                    continue;
                case RespRequestStatus.Invalid:
                    Note(-1, found, ref count);
                    foreach (var character in scanner.Error)
                    {
                        Note(character, found, ref count);
                    }

                    return count;
                default:
                    if (scanner.Length <= 0 || scanner.Length > end - start)
                    {
                        throw new FuzzException($"a {status} of {scanner.Length} bytes, of {end - start} that were given\n{Show(bytes)}");
                    }

                    Note((int)status, found, ref count);
                    Note(scanner.Length, found, ref count);
                    foreach (var argument in scanner.Arguments)
                    {
                        if (argument.Offset < 0 || argument.Offset + argument.Length > scanner.Length)
                        {
                            throw new FuzzException($"an argument at {argument.Offset} of {argument.Length} bytes, in a command of {scanner.Length}\n{Show(bytes)}");
                        }

                        Note(argument.Offset, found, ref count);
                    }

                    if (status == RespRequestStatus.InlineCommand)
                    {
                        CheckInline(bytes.AsSpan(start, scanner.Length));
                    }

                    start += scanner.Length;
                    scanner.Next();
                    break;
            }
        }
    }

    /// <summary>A command that is passed on as it comes ends where it ends when it is kept.</summary>
    private static void Passing(byte[] bytes, ReadOnlySpan<int> found)
    {
        if (found.Length < 2 || found[0] != (int)RespRequestStatus.Command)
        {
            return;
        }

        var scanner = new RespRequestScanner(RespRequestLimits.Guest);
        var (taken, seen) = (0, 0);
        while (true)
        {
            seen = Math.Min(bytes.Length, seen + 3);
            var status = scanner.Scan(bytes.AsSpan(taken, seen - taken));
            if (status == RespRequestStatus.NeedMoreData && seen < bytes.Length)
            {
                var passed = (int)Math.Min(scanner.Passable, seen - taken);
                scanner.Passed(passed);
                taken += passed;
                continue;
            }

            if (status != RespRequestStatus.Command || taken + scanner.Length != found[1])
            {
                throw new FuzzException($"passed on, the command was {status} at {taken + scanner.Length}, kept at {found[1]}\n{Show(bytes)}");
            }

            return;
        }
    }

    private static void CheckInline(ReadOnlySpan<byte> line)
    {
        var encoded = new ArrayBufferWriter<byte>();
        if (!InlineCommand.TryEncode(line, encoded) || encoded.WrittenCount == 0)
        {
            return;
        }

        var scanner = new RespRequestScanner(RespRequestLimits.Guest);
        if (scanner.Scan(encoded.WrittenSpan) != RespRequestStatus.Command || scanner.Length != encoded.WrittenCount)
        {
            throw new FuzzException($"a line became no command: {Show(line)}");
        }
    }

    private static void CheckReplies(byte[] bytes, Random random, bool mustBeValid)
    {
        Span<int> one = stackalloc int[256];
        Span<int> other = stackalloc int[256];
        var whole = Replies(bytes, [], one);
        var pieces = Replies(bytes, Cuts(bytes.Length, random), other);
        if (whole != pieces || !one[..Math.Min(whole, one.Length)].SequenceEqual(other[..Math.Min(pieces, other.Length)]))
        {
            throw new FuzzException($"found {string.Join(' ', one[..Math.Min(whole, 256)].ToArray())} in one piece, {string.Join(' ', other[..Math.Min(pieces, 256)].ToArray())} in several\n{Show(bytes)}");
        }

        if (mustBeValid && (whole == 0 || whole > one.Length || one[whole - 1] != bytes.Length))
        {
            throw new FuzzException($"replies that are right were not found to be\n{Show(bytes)}");
        }
    }

    /// <summary>Where frames end; -1 where the bytes are no replies.</summary>
    private static int Replies(byte[] bytes, ReadOnlySpan<int> cuts, Span<int> found)
    {
        var scanner = new RespReplyScanner();
        var (position, count, cut) = (0, 0, 0);
        var end = cuts.IsEmpty ? bytes.Length : cuts[0];
        while (true)
        {
            if (position == end)
            {
                if (end == bytes.Length)
                {
                    return count;
                }

                end = ++cut < cuts.Length ? cuts[cut] : bytes.Length;
                continue;
            }

            var status = scanner.Scan(bytes.AsSpan(position, end - position), out var consumed);
            if (consumed <= 0 || consumed > end - position)
            {
                throw new FuzzException($"{consumed} bytes taken, of {end - position} that were given\n{Show(bytes)}");
            }

            position += consumed;
            if (status == RespReplyStatus.Invalid)
            {
                Note(-1, found, ref count);
                Note(position, found, ref count);
                return count;
            }

            if (status == RespReplyStatus.FrameEnded)
            {
                Note(scanner.FirstElement.Length, found, ref count);
                Note(scanner.ThirdElement is { } third ? (int)third : -2, found, ref count);
                Note(position, found, ref count);
            }
        }
    }

    private static void Note(int value, Span<int> found, ref int count)
    {
        if (count < found.Length)
        {
            found[count] = value;
        }

        count++;
    }

    /// <summary>Where the pieces end; now and then each byte is one.</summary>
    private static int[] Cuts(int length, Random random)
    {
        if (random.Next(4) == 0)
        {
            return [.. Enumerable.Range(1, length)];
        }

        var cuts = new int[random.Next(1, 5)];
        for (var index = 0; index < cuts.Length; index++)
        {
            cuts[index] = random.Next(length + 1);
        }

        Array.Sort(cuts);
        return cuts;
    }

    private static string Show(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        foreach (var value in bytes)
        {
            _ = value is < 32 or > 126 or (byte)'\\' ? text.Append(CultureInfo.InvariantCulture, $"\\x{value:x2}") : text.Append((char)value);
        }

        return text.ToString();
    }
}
