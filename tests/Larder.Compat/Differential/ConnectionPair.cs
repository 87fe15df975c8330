using Larder.Compat.Wire;

namespace Larder.Compat.Differential;

/// <summary>One client on each way: what is done on one is done on the other.</summary>
public sealed record ConnectionPair(RespConnection Direct, RespConnection Through) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        await Direct.DisposeAsync();
        await Through.DisposeAsync();
    }

    /// <summary>Sends the same, and then a PING with a text of its own, and reads up to the answer to that.</summary>
    /// <param name="commands">What to send.</param>
    /// <param name="count">How many commands it is.</param>
    /// <param name="sentinel">The text.</param>
    /// <param name="limit">How long an answer may take; after it the connection counts as silent.</param>
    /// <returns>Everything that came on either way.</returns>
    public Task<Exchange> ExchangeAsync(ReadOnlyMemory<byte> commands, int count, string sentinel, TimeSpan limit) =>
        ExchangeAsync(commands, commands, count, sentinel, limit);

    /// <summary>As the other one, where the commands have numbers in them that are others on either way.</summary>
    public async Task<Exchange> ExchangeAsync(ReadOnlyMemory<byte> direct, ReadOnlyMemory<byte> through, int count, string sentinel, TimeSpan limit)
    {
        var ping = RespConnection.Encode("PING", sentinel);
        // Twice: CLIENT REPLY SKIP swallows the first.
        var both = await Task.WhenAll(
            ExchangeAsync(Direct, [.. direct.Span, .. ping, .. ping], count, sentinel, limit),
            ExchangeAsync(Through, [.. through.Span, .. ping, .. ping], count, sentinel, limit));
        return new Exchange(both[0], both[1]);
    }

    private static async Task<IReadOnlyList<RespValue>> ExchangeAsync(RespConnection connection, byte[] bytes, int count, string sentinel, TimeSpan limit)
    {
        // Read while sending: neither side may have to wait for the other.
        var sending = connection.SendAsync(bytes);
        var received = new List<RespValue>();
        var (replies, sentinels, queued) = (0, 0, 0);
        // Within a transaction the PINGs are queued: then there are as many replies as commands.
        while (sentinels < 2 && !(queued >= 2 && replies >= count + 2))
        {
            var value = await connection.ReadAsync(limit);
            received.Add(value);
            if (value == RespValue.End || value == RespValue.Silence)
            {
                break;
            }

            if (value.Type != '>')
            {
                replies++;
                sentinels += value.Contains(sentinel) ? 1 : 0;
                queued = value is { Type: '+', Text: "QUEUED" } ? queued + 1 : 0;
            }
        }

        await sending;
        return received;
    }
}
