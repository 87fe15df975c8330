using System.Globalization;
using System.Text;

namespace Larder.Compat.Wire;

/// <summary>The protocol by hand: commands out, replies in, one by one, nothing skipped and nothing interpreted.</summary>
public sealed class RespConnection(Stream stream) : IAsyncDisposable
{
    private byte[] _buffer = new byte[65536];
    private int _start;
    private int _end;

    public Stream Stream => stream;

    public static byte[] Encode(params IReadOnlyList<string> command)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"*{command.Count}\r\n");
        foreach (var argument in command)
        {
            text.Append(CultureInfo.InvariantCulture, $"${argument.Length}\r\n").Append(argument).Append("\r\n");
        }

        return Encoding.Latin1.GetBytes(text.ToString());
    }

    /// <summary>Sends. Where the other side has closed, nothing happens: the next read tells.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await stream.WriteAsync(bytes);
            await stream.FlushAsync();
        }
        catch (IOException)
        {
            // Read on: what came before the end counts.
        }
    }

    public Task SendAsync(params IReadOnlyList<string> command) => SendAsync(Encode(command));

    public async Task<RespValue> AskAsync(params IReadOnlyList<string> command)
    {
        await SendAsync(Encode(command));
        return await ReadAsync(TimeSpan.FromSeconds(30));
    }

    public async Task ExpectAsync(string reply, params IReadOnlyList<string> command)
    {
        var answer = (await AskAsync(command)).ToString();
        if (answer != reply)
        {
            throw new InvalidOperationException($"{command[0]} was answered with {answer}.");
        }
    }

    /// <summary>One reply or push.</summary>
    /// <returns>It; <see cref="RespValue.End"/> where the connection is at its end, <see cref="RespValue.Silence"/> after the limit.</returns>
    public async Task<RespValue> ReadAsync(TimeSpan limit)
    {
        using var deadline = new CancellationTokenSource(limit);
        try
        {
            return await NextAsync(deadline.Token) ?? RespValue.End;
        }
        catch (OperationCanceledException)
        {
            return RespValue.Silence;
        }
    }

    public ValueTask DisposeAsync() => stream.DisposeAsync();

    private async ValueTask<RespValue?> NextAsync(CancellationToken cancellationToken)
    {
        if (await LineAsync(cancellationToken) is not { Length: > 0 } line)
        {
            return null;
        }

        var rest = line[1..];
        switch (line[0])
        {
            case '$' or '=' or '!':
                var length = int.Parse(rest, CultureInfo.InvariantCulture);
                return length < 0 ? new RespValue(line[0], "", [], IsNull: true)
                    : await BytesAsync(length, cancellationToken) is { } text ? new RespValue(line[0], text, [])
                    : null;
            case '*' or '~' or '>' or '%' or '|':
                var count = int.Parse(rest, CultureInfo.InvariantCulture) * (line[0] is '%' or '|' ? 2 : 1);
                if (count < 0)
                {
                    return new RespValue(line[0], "", [], IsNull: true);
                }

                var items = new RespValue[count];
                for (var index = 0; index < count; index++)
                {
                    if (await NextAsync(cancellationToken) is not { } item)
                    {
                        return null;
                    }

                    items[index] = item;
                }

                return new RespValue(line[0], "", items);
            default:
                return new RespValue(line[0], rest, []);
        }
    }

    private async ValueTask<string?> LineAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var length = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n"u8);
            if (length >= 0)
            {
                var line = Encoding.Latin1.GetString(_buffer, _start, length);
                _start += length + 2;
                return line;
            }

            if (!await FillAsync(cancellationToken))
            {
                return null;
            }
        }
    }

    private async ValueTask<string?> BytesAsync(int count, CancellationToken cancellationToken)
    {
        while (_end - _start < count + 2)
        {
            if (!await FillAsync(cancellationToken))
            {
                return null;
            }
        }

        var text = Encoding.Latin1.GetString(_buffer, _start, count);
        _start += count + 2;
        return text;
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_start == _end)
        {
            (_start, _end) = (0, 0);
        }
        else if (_start > 0 && _end == _buffer.Length)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
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
