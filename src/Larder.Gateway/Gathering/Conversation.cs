using System.Buffers;
using System.Net.Sockets;
using Larder.Gateway.Relay;
using Larder.Resp.Replies;

namespace Larder.Gateway.Gathering;

/// <summary>Gives parts to one engine over one connection and takes the replies, both at once. One use.</summary>
/// <param name="link">The connection; stays with who gave it.</param>
/// <param name="parts">The parts.</param>
/// <param name="waitMs">How long a replica may take to acknowledge what was written; <c>null</c> where none is asked.</param>
/// <param name="allowance">What replies take their memory from.</param>
internal sealed class Conversation(EngineLink link, IReadOnlyList<GatherPart> parts, int? waitMs, GatherAllowance allowance)
{
    private const int BufferBytes = 64 * 1024;

    private readonly List<(GatherPart Part, byte[] Reply)> _replies = [];

    private byte[]? _refusal;

    /// <summary>What the engine has answered, in the order of the parts.</summary>
    public IReadOnlyList<(GatherPart Part, byte[] Reply)> Replies => _replies;

    /// <summary>Whether a replica has acknowledged all of it; true where none was asked.</summary>
    public bool IsAcknowledged { get; private set; } = waitMs is null;

    /// <summary>Whether replies were more than there is memory for.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>How many bytes of the allowance the replies have; who takes them gives them back.</summary>
    public long Allowed { get; private set; }

    /// <summary>Runs to its end. Does not throw for what the engine does.</summary>
    public async Task RunAsync()
    {
        var sending = SendAsync();
        try
        {
            await ReceiveAsync();
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // What is not answered tells it.
        }

        link.Dispose(); // Nothing more is sent to an engine that answers no more.
        await sending;
    }

    private async Task SendAsync()
    {
        var buffer = new ArrayBufferWriter<byte>(BufferBytes);
        var waiting = new List<GatherPart>();
        try
        {
            foreach (var part in parts)
            {
                if (part.Asks)
                {
                    buffer.Write("*1\r\n$6\r\nASKING\r\n"u8);
                }

                var left = part.Pieces.Sum(piece => piece.Length);
                foreach (var segment in part.Pieces.SelectMany(Segments))
                {
                    left -= segment.Length;
                    if (buffer.WrittenCount + segment.Length > BufferBytes)
                    {
                        await FlushAsync(buffer, waiting);
                    }

                    if (segment.Length > BufferBytes / 2)
                    {
                        await FlushAsync(buffer, waiting);
                        part.IsSent = left == 0;
                        await link.SendAsync(segment, CancellationToken.None);
                    }
                    else
                    {
                        buffer.Write(segment.Span);
                    }
                }

                waiting.Add(part);
            }

            if (waitMs is { } timeout)
            {
                CommandDoor.WriteWait(buffer, timeout);
            }

            await FlushAsync(buffer, waiting);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            link.Dispose(); // The other side meets the same end.
        }
    }

    private async Task FlushAsync(ArrayBufferWriter<byte> buffer, List<GatherPart> waiting)
    {
        waiting.ForEach(part => part.IsSent = true);
        waiting.Clear();
        await link.SendAsync(buffer.WrittenMemory, CancellationToken.None);
        buffer.ResetWrittenCount();
    }

    private async Task ReceiveAsync()
    {
        var scanner = new RespReplyScanner();
        var frame = new ArrayBufferWriter<byte>();
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            var expected = new Queue<GatherPart?>(parts.SelectMany(part => Enumerable.Repeat<GatherPart?>(null, part.Lead + (part.Asks ? 1 : 0)).Append(part)));
            var acknowledgement = waitMs is null ? 0 : 1;
            while (expected.Count + acknowledgement > 0)
            {
                var count = await link.ReceiveAsync(buffer, CancellationToken.None);
                if (count == 0)
                {
                    return;
                }

                if (!allowance.TryTake(count))
                {
                    IsRefused = true;
                    return;
                }

                Allowed += count;
                for (var position = 0; position < count;)
                {
                    var status = scanner.Scan(buffer.AsSpan(position, count - position), out var consumed);
                    frame.Write(buffer.AsSpan(position, consumed));
                    position += consumed;
                    if (status == RespReplyStatus.Invalid || (status == RespReplyStatus.FrameEnded && expected.Count + acknowledgement == 0))
                    {
                        return;
                    }

                    if (status == RespReplyStatus.FrameEnded)
                    {
                        if (expected.TryDequeue(out var part))
                        {
                            Take(part, frame.WrittenSpan);
                        }
                        else
                        {
                            acknowledgement--;
                            IsAcknowledged = frame.WrittenSpan is [(byte)':', >= (byte)'1' and <= (byte)'9', ..];
                        }

                        frame = frame.Capacity > BufferBytes ? new ArrayBufferWriter<byte>() : frame;
                        frame.ResetWrittenCount();
                    }
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Take(GatherPart? part, ReadOnlySpan<byte> reply)
    {
        if (part is not null)
        {
            _replies.Add((part, _refusal ?? reply.ToArray()));
            _refusal = null;
        }
        else if (RoutedTransaction.IsRefusal(reply))
        {
            _refusal ??= reply.ToArray(); // The engine executes nothing of such a transaction.
        }
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Segments(ReadOnlySequence<byte> bytes)
    {
        foreach (var segment in bytes)
        {
            yield return segment;
        }
    }
}
