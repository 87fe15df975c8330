using System.Globalization;
using System.Text;

namespace Larder.Engines.Client;

/// <summary>Reads RESP2 replies from a stream. Not thread-safe. Replies that no engine would give to an administrative command are refused.</summary>
/// <param name="stream">The stream; not disposed here.</param>
internal sealed class ReplyReader(Stream stream)
{
    private const int LongestLineBytes = 64 * 1024;
    private const int LongestTextBytes = 16 * 1024 * 1024;
    private const int MostItems = 100_000;
    private const int DeepestNesting = 8;

    private readonly byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;

    /// <summary>Reads the next reply.</summary>
    /// <param name="cancellationToken">Gives up; the stream is then of no more use.</param>
    /// <returns>The reply.</returns>
    /// <exception cref="EndOfStreamException">The stream ended.</exception>
    /// <exception cref="InvalidDataException">What came is not RESP2, or larger than the limits.</exception>
    public ValueTask<Reply> ReadAsync(CancellationToken cancellationToken) => ReadAsync(0, cancellationToken);

    private async ValueTask<Reply> ReadAsync(int depth, CancellationToken cancellationToken)
    {
        var line = await ReadLineAsync(cancellationToken);
        if (line.Length == 0)
        {
            throw new InvalidDataException("an empty line where a reply begins");
        }

        var rest = line[1..];
        switch (line[0])
        {
            case '+':
                return Reply.OfText(ReplyKind.Status, rest);
            case '-':
                return Reply.OfText(ReplyKind.Error, rest);
            case ':':
                return Reply.OfInteger(Number(rest, long.MinValue, long.MaxValue));
            case '$':
                var length = (int)Number(rest, -1, LongestTextBytes);
                return length < 0 ? Reply.Nothing : Reply.OfText(ReplyKind.Text, await ReadTextAsync(length, cancellationToken));
            case '*':
                var count = (int)Number(rest, -1, MostItems);
                return count < 0 ? Reply.Nothing : await ReadItemsAsync(count, depth, cancellationToken);
            default:
                throw new InvalidDataException($"a reply of unknown type 0x{(int)line[0]:x2}");
        }
    }

    private async ValueTask<Reply> ReadItemsAsync(int count, int depth, CancellationToken cancellationToken)
    {
        if (depth == DeepestNesting)
        {
            throw new InvalidDataException($"arrays nested deeper than {DeepestNesting}");
        }

        var items = new List<Reply>(Math.Min(count, 1024));
        for (var item = 0; item < count; item++)
        {
            items.Add(await ReadAsync(depth + 1, cancellationToken));
        }

        return Reply.OfItems(items);
    }

    private async ValueTask<string> ReadTextAsync(int length, CancellationToken cancellationToken)
    {
        var bytes = new byte[length + 2];
        var filled = 0;
        while (filled < bytes.Length)
        {
            await EnsureSomeAsync(cancellationToken);
            var taken = Math.Min(_end - _start, bytes.Length - filled);
            _buffer.AsSpan(_start, taken).CopyTo(bytes.AsSpan(filled));
            _start += taken;
            filled += taken;
        }

        return bytes is [.., (byte)'\r', (byte)'\n']
            ? Encoding.UTF8.GetString(bytes, 0, length)
            : throw new InvalidDataException("a text without its end");
    }

    private async ValueTask<string> ReadLineAsync(CancellationToken cancellationToken)
    {
        var line = new List<byte>(64);
        while (true)
        {
            await EnsureSomeAsync(cancellationToken);
            var at = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            var taken = at < 0 ? _end - _start : at + 1;
            line.AddRange(_buffer.AsSpan(_start, taken));
            _start += taken;
            if (at >= 0)
            {
                break;
            }

            if (line.Count > LongestLineBytes)
            {
                throw new InvalidDataException($"a line longer than {LongestLineBytes} bytes");
            }
        }

        return line is [.., (byte)'\r', (byte)'\n']
            ? Encoding.UTF8.GetString(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(line)[..^2])
            : throw new InvalidDataException("a line that ends without a carriage return");
    }

    private async ValueTask EnsureSomeAsync(CancellationToken cancellationToken)
    {
        if (_start < _end)
        {
            return;
        }

        _start = 0;
        _end = await stream.ReadAsync(_buffer, cancellationToken);
        if (_end == 0)
        {
            throw new EndOfStreamException("the connection was closed");
        }
    }

    private static long Number(string text, long least, long most) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
            ? value
            : throw new InvalidDataException($"a number from {least} to {most} was due");
}
