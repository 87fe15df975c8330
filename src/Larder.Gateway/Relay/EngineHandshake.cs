using System.Buffers;
using System.Net.Sockets;
using Larder.Resp.Replies;

namespace Larder.Gateway.Relay;

/// <summary>The first exchange on an engine connection: a few commands whose replies are awaited before anything else is sent.</summary>
internal static class EngineHandshake
{
    private const int MaxReplyBytes = 64 * 1024;

    /// <summary>Sends commands and collects their replies.</summary>
    /// <param name="link">A connection on which nothing is under way.</param>
    /// <param name="commands">The commands, encoded.</param>
    /// <param name="count">How many they are.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The replies as they came, and whether one was an error; <c>null</c> where the engine closed or answered something else.</returns>
    /// <exception cref="SocketException">The connection broke.</exception>
    public static async Task<(byte[] Replies, bool Failed)?> ExchangeAsync(
        EngineLink link, ReadOnlyMemory<byte> commands, int count, CancellationToken cancellationToken)
    {
        await link.SendAsync(commands, cancellationToken);
        var replies = new ArrayBufferWriter<byte>(512);
        var scanner = new RespReplyScanner();
        var failed = false;
        while (count > 0 && replies.WrittenCount < MaxReplyBytes)
        {
            var memory = replies.GetMemory(512);
            var received = await link.ReceiveAsync(memory, cancellationToken);
            if (received == 0)
            {
                return null;
            }

            replies.Advance(received);
            for (var position = 0; position < received;)
            {
                var status = scanner.Scan(memory.Span[position..received], out var consumed);
                position += consumed;
                if (status == RespReplyStatus.Invalid)
                {
                    return null;
                }

                if (status == RespReplyStatus.FrameEnded)
                {
                    failed |= scanner.FrameType == (byte)'-';
                    count--;
                }
            }
        }

        return count == 0 && scanner.AtBoundary ? (replies.WrittenSpan.ToArray(), failed) : null;
    }
}
