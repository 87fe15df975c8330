using System.Buffers;
using System.Net.Sockets;
using Larder.Resp.Replies;

namespace Larder.Gateway.Relay;

/// <summary>The first exchange on an engine connection: commands whose replies are awaited before anything else is sent.</summary>
internal static class EngineHandshake
{
    private const int MaxReplyBytes = 1 << 20;

    /// <summary>Sends commands and collects their replies.</summary>
    /// <param name="link">A connection on which nothing is under way.</param>
    /// <param name="order">What to send.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What came; <c>null</c> where the engine closed or answered something else.</returns>
    /// <exception cref="SocketException">The connection broke.</exception>
    public static async Task<HandshakeReply?> ExchangeAsync(EngineLink link, HandshakeOrder order, CancellationToken cancellationToken)
    {
        await link.SendAsync(order.Commands, cancellationToken);
        var (required, any, confirmations) = (order.Required, order.Any, order.Confirmations);
        var received = new ArrayBufferWriter<byte>(512);
        var replies = new ArrayBufferWriter<byte>(512);
        var rest = new ArrayBufferWriter<byte>();
        var scanner = new RespReplyScanner();
        var (position, frame) = (0, 0);
        var failed = false;
        byte[]? firstOptional = null;
        while (required + any + confirmations > 0 && received.WrittenCount < MaxReplyBytes)
        {
            var count = await link.ReceiveAsync(received.GetMemory(512), cancellationToken);
            if (count == 0)
            {
                return null;
            }

            received.Advance(count);
            while (position < received.WrittenCount)
            {
                var status = scanner.Scan(received.WrittenSpan[position..], out var consumed);
                position += consumed;
                if (status == RespReplyStatus.Invalid)
                {
                    return null;
                }

                if (status != RespReplyStatus.FrameEnded)
                {
                    break;
                }

                var bytes = received.WrittenSpan[frame..position];
                frame = position;
                if (required > 0)
                {
                    required--;
                    failed |= scanner.FrameType == (byte)'-';
                    replies.Write(bytes);
                }
                else if (any > 0)
                {
                    any--;
                    firstOptional ??= bytes.ToArray();
                }
                else if (confirmations > 0 && (scanner.FirstElement.EndsWith("subscribe"u8) || scanner.FrameType == (byte)'-'))
                {
                    confirmations--;
                    failed |= scanner.FrameType == (byte)'-';
                }
                else
                {
                    rest.Write(bytes); // A message of a subscription that is in force already: it is the client's.
                }
            }
        }

        rest.Write(received.WrittenSpan[frame..]);
        return required + any + confirmations == 0 ? new HandshakeReply(replies.WrittenSpan.ToArray(), failed, firstOptional ?? [], rest.WrittenSpan.ToArray()) : null;
    }
}
