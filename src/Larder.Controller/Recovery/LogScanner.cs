using System.Globalization;
using System.Text;

namespace Larder.Controller.Recovery;

/// <summary>
/// Reads an increment of an append-only log from end to end:
/// <code>
/// ( "#TS:" seconds CRLF | "*" count CRLF ( "$" length CRLF bytes CRLF ){count} )*
/// </code>
/// A transaction counts when its EXEC is there. Holds one buffer.
/// </summary>
internal static class LogScanner
{
    private const int LongestLine = 4096;
    private const int Verb = 8;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="until">Stops before the first timestamp after this one; <c>null</c> reads all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What it is like.</returns>
    public static async Task<LogScan> ScanAsync(string path, DateTimeOffset? until, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(path, new FileStreamOptions
        {
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
            Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
        });
        var input = new Input(file);
        DateTimeOffset? stamp = null;
        long? transaction = null;
        var commands = 0L;
        while (true)
        {
            var begin = input.Position;
            LogScan Result(bool torn, string problem) => new(file.Length, transaction ?? begin, torn, problem, stamp, commands);
            try
            {
                if (await input.EndAsync(cancellationToken))
                {
                    return Result(torn: transaction is not null, "");
                }

                var line = await input.LineAsync(cancellationToken);
                if (line.StartsWith('#'))
                {
                    if (line.StartsWith("#TS:", StringComparison.Ordinal)
                        && long.TryParse(line.AsSpan(4), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
                    {
                        var at = DateTimeOffset.FromUnixTimeSeconds(seconds);
                        if (at > until)
                        {
                            return Result(torn: false, "");
                        }

                        stamp = at;
                    }

                    continue;
                }

                var verb = await CommandAsync(input, line, cancellationToken);
                if (verb is null)
                {
                    return Result(torn: false, $"at byte {begin} there is no command");
                }

                commands++;
                transaction = verb switch
                {
                    "MULTI" => transaction ?? begin,
                    "EXEC" => null,
                    _ => transaction,
                };
            }
            catch (EndOfStreamException)
            {
                return Result(torn: true, "");
            }
        }
    }

    private static async ValueTask<string?> CommandAsync(Input input, string line, CancellationToken cancellationToken)
    {
        if (!TryCount(line, '*', out var count) || count < 1)
        {
            return null;
        }

        var verb = "";
        for (var argument = 0L; argument < count; argument++)
        {
            if (!TryCount(await input.LineAsync(cancellationToken), '$', out var length))
            {
                return null;
            }

            if (argument == 0 && length <= Verb)
            {
                verb = (await input.TextAsync((int)length, cancellationToken)).ToUpperInvariant();
            }
            else
            {
                await input.SkipAsync(length, cancellationToken);
            }

            if (await input.TextAsync(2, cancellationToken) != "\r\n")
            {
                return null;
            }
        }

        return verb;
    }

    private static bool TryCount(string line, char type, out long count)
    {
        count = 0;
        return line.Length > 1 && line[0] == type && long.TryParse(line.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out count);
    }

    private sealed class Input(FileStream file)
    {
        private readonly byte[] _buffer = new byte[256 << 10];
        private int _at;
        private int _there;
        private long _passed;

        public long Position => _passed + _at;

        public async ValueTask<bool> EndAsync(CancellationToken cancellationToken) => _at == _there && !await FillAsync(cancellationToken);

        /// <summary>A line without its end. One that is longer than any of a log's is given back as it is so far: it is none.</summary>
        public async ValueTask<string> LineAsync(CancellationToken cancellationToken)
        {
            var text = new StringBuilder();
            while (text.Length < LongestLine)
            {
                var next = await ByteAsync(cancellationToken);
                if (next != '\r')
                {
                    text.Append((char)next);
                    continue;
                }

                return await ByteAsync(cancellationToken) == '\n' ? text.ToString() : text.Append('\r').ToString();
            }

            return text.ToString();
        }

        public async ValueTask<string> TextAsync(int length, CancellationToken cancellationToken)
        {
            var text = new StringBuilder(length);
            while (text.Length < length)
            {
                text.Append((char)await ByteAsync(cancellationToken));
            }

            return text.ToString();
        }

        public async ValueTask SkipAsync(long length, CancellationToken cancellationToken)
        {
            while (length > 0)
            {
                if (_at == _there && !await FillAsync(cancellationToken))
                {
                    throw new EndOfStreamException();
                }

                var step = (int)Math.Min(length, _there - _at);
                _at += step;
                length -= step;
            }
        }

        private async ValueTask<byte> ByteAsync(CancellationToken cancellationToken) => _at < _there || await FillAsync(cancellationToken)
            ? _buffer[_at++]
            : throw new EndOfStreamException();

        private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
        {
            _passed += _there;
            _at = 0;
            _there = await file.ReadAsync(_buffer, cancellationToken);
            return _there > 0;
        }
    }
}
