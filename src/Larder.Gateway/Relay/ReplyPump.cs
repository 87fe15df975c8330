using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Larder.Gateway.Sessions;
using Larder.Resp.Replies;

namespace Larder.Gateway.Relay;

/// <summary>
/// Carries one engine connection's replies to the client: bytes go on as they arrive, whole frames or not; only a reply that the gateway
/// gives in the engine's place is left out and put in. The client's pace is the engine's pace: nothing is kept.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "Disposed at the end of RunAsync, which is the pump's whole life.")]
internal sealed class ReplyPump(EngineLink link, ReplyLedger ledger, ClientConnection client, byte[] received, Action noteActivity)
{
    private const int BufferBytes = 32 * 1024;

    private readonly RespReplyScanner _scanner = new();
    private readonly OutputBatch _output = new();
    private readonly List<byte> _withheld = [];
    private bool _replacing;
    private bool _withholding;
    private bool _opaque;

    /// <summary>Runs until one side ends. Does not throw for what the two sides do.</summary>
    /// <returns>Why it ended.</returns>
    public async Task<ReplyPumpEnd> RunAsync()
    {
        byte[]? buffer = null;
        try
        {
            if (received.Length > 0 && await PassOnAsync(received, received.Length) is { } ended)
            {
                return ended;
            }

            while (true)
            {
                int count;
                try
                {
                    // No memory while nothing comes.
                    await link.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None);
                    buffer ??= ArrayPool<byte>.Shared.Rent(BufferBytes);
                    count = await link.ReceiveAsync(buffer, CancellationToken.None);
                }
                catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
                {
                    return ReplyPumpEnd.EngineClosed;
                }

                if (count == 0)
                {
                    return ReplyPumpEnd.EngineClosed;
                }

                if (await PassOnAsync(buffer, count) is { } end)
                {
                    return end;
                }

                if (count < buffer.Length)
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = null;
                }
            }
        }
        finally
        {
            _output.Dispose();
            if (buffer is not null)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    /// <summary>Gives the client what has come, as far as it is for the client.</summary>
    private async ValueTask<ReplyPumpEnd?> PassOnAsync(byte[] buffer, int count)
    {
        var end = Scan(buffer, count);
        try
        {
            if (_output.Collected is { IsEmpty: false } replies)
            {
                await client.WriteAsync(replies);
                noteActivity();
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            return ReplyPumpEnd.ClientGone;
        }

        if (end is null)
        {
            _output.Release();
        }

        return end;
    }

    private ReplyPumpEnd? Scan(byte[] buffer, int count)
    {
        _output.Begin(buffer);
        lock (ledger.Gate)
        {
            var position = 0;
            while (position < count)
            {
                if (_opaque || (_scanner.AtBoundary && ledger.IsOpaque))
                {
                    _opaque = true;
                    _output.AddRange(position, count);
                    return null;
                }

                if (_scanner.AtBoundary)
                {
                    var verdict = ledger.Begin(buffer[position]);
                    if (verdict == ReplyVerdict.Violation)
                    {
                        return ReplyPumpEnd.Violation;
                    }

                    _replacing = verdict == ReplyVerdict.Replace;
                    _withholding = verdict == ReplyVerdict.Withhold;
                }

                var status = _scanner.Scan(buffer.AsSpan(position, count - position), out var consumed);
                if (status == RespReplyStatus.Invalid)
                {
                    return ReplyPumpEnd.Violation;
                }

                if (_withholding)
                {
                    _withheld.AddRange(buffer.AsSpan(position, consumed));
                }
                else if (!_replacing)
                {
                    _output.AddRange(position, position + consumed);
                }

                position += consumed;
                if (status == RespReplyStatus.FrameEnded && EndFrame() is { } end)
                {
                    return end;
                }
            }
        }

        return null;
    }

    private ReplyPumpEnd? EndFrame()
    {
        var verdict = ledger.End(_scanner, out var replacement);
        if (replacement is not null)
        {
            _output.Write(replacement);
        }

        if (_withholding)
        {
            if (verdict != ReplyVerdict.Unblocked)
            {
                _output.Write(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_withheld));
            }

            _withheld.Clear();
            _withholding = false;
        }

        return verdict switch
        {
            ReplyVerdict.Last => ReplyPumpEnd.Finished,
            ReplyVerdict.Reset => ReplyPumpEnd.Reset,
            ReplyVerdict.Unblocked => ReplyPumpEnd.Unblocked,
            ReplyVerdict.Violation => ReplyPumpEnd.Violation,
            _ => null,
        };
    }
}
