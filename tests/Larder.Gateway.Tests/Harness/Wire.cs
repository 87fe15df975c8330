using System.Globalization;
using System.Text;

namespace Larder.Gateway.Tests.Harness;

/// <summary>The wire protocol by hand: commands out, replies in, as text that shows what came byte by byte in meaning.</summary>
internal sealed class Wire(Stream stream, string local = "") : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private readonly byte[] _buffer = new byte[65536];
    private int _start;
    private int _end;

    public Stream Stream => stream;

    /// <summary>Its own address and port.</summary>
    public string Local => local;

    public static byte[] Encode(params string[] command)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"*{command.Length}\r\n");
        foreach (var argument in command)
        {
            text.Append(CultureInfo.InvariantCulture, $"${Encoding.Latin1.GetByteCount(argument)}\r\n").Append(argument).Append("\r\n");
        }

        return Encoding.Latin1.GetBytes(text.ToString());
    }

    public Task SendAsync(params string[] command) => WriteAsync(Encode(command));

    public Task SendTextAsync(string bytes) => WriteAsync(Encoding.Latin1.GetBytes(bytes));

    public async Task WriteAsync(byte[] bytes)
    {
        await stream.WriteAsync(bytes);
        await stream.FlushAsync();
    }

    public async Task<string> AskAsync(params string[] command)
    {
        await SendAsync(command);
        return await ReadAsync();
    }

    /// <summary>
    /// One reply: simple strings, errors and integers with their type character, bulk strings bare, <c>(nil)</c>, aggregates as <c>[a, b]</c>
    /// (RESP3: with their type character before), <c>(closed)</c> at the end of the connection.
    /// </summary>
    public async Task<string> ReadAsync()
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(Limit);
        return await NextAsync(deadline.Token);
    }

    public async Task<string[]> ReadManyAsync(int count)
    {
        var replies = new string[count];
        for (var i = 0; i < count; i++)
        {
            replies[i] = await ReadAsync();
        }

        return replies;
    }

    /// <summary>Everything that still comes, byte by byte, until the other side closes.</summary>
    public async Task<string> ReadToEndAsync()
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(Limit);
        var text = new StringBuilder();
        try
        {
            do
            {
                text.Append(Encoding.Latin1.GetString(_buffer, _start, _end - _start));
                (_start, _end) = (0, 0);
            }
            while (await FillAsync(deadline.Token));
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            text.Append("(still open)");
        }

        return text.ToString();
    }

    public async ValueTask DisposeAsync() => await stream.DisposeAsync();

    private async Task<string> NextAsync(CancellationToken cancellationToken)
    {
        if (await LineAsync(cancellationToken) is not { } line)
        {
            return "(closed)";
        }

        var rest = line[1..];
        switch (line[0])
        {
            case '$' or '=' or '!':
                var length = int.Parse(rest, CultureInfo.InvariantCulture);
                return length < 0 ? "(nil)" : await BytesAsync(length, cancellationToken);
            case '*' or '~' or '>' or '%':
                var count = int.Parse(rest, CultureInfo.InvariantCulture) * (line[0] == '%' ? 2 : 1);
                if (count < 0)
                {
                    return "(nil)";
                }

                var elements = new string[count];
                for (var i = 0; i < count; i++)
                {
                    elements[i] = await NextAsync(cancellationToken);
                }

                return $"{(line[0] == '*' ? "" : line[0])}[{string.Join(", ", elements)}]";
            case '_':
                return "(nil)";
            default:
                return line;
        }
    }

    private async Task<string?> LineAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var end = Array.IndexOf(_buffer, (byte)'\n', _start, _end - _start);
            if (end >= 0)
            {
                var line = Encoding.Latin1.GetString(_buffer, _start, end - _start - 1);
                _start = end + 1;
                return line;
            }

            if (!await FillAsync(cancellationToken))
            {
                return null;
            }
        }
    }

    private async Task<string> BytesAsync(int count, CancellationToken cancellationToken)
    {
        var text = new StringBuilder(count);
        for (var left = count + 2; left > 0;)
        {
            if (_start == _end && !await FillAsync(cancellationToken))
            {
                throw new EndOfStreamException("closed inside a reply");
            }

            var take = Math.Min(left, _end - _start);
            text.Append(Encoding.Latin1.GetString(_buffer, _start, take));
            _start += take;
            left -= take;
        }

        return text.ToString(0, count);
    }

    private async Task<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        try
        {
            var count = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            _end += count;
            return count > 0;
        }
        catch (IOException)
        {
            return false; // Reset: closed all the same.
        }
    }
}
