using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Larder.Gateway.Clients;
using Larder.Gateway.Clusters;
using Larder.Gateway.Commands;
using Larder.Gateway.Notices;
using Larder.Gateway.Sessions;
using Larder.Resp.Replies;

namespace Larder.Gateway.Relay;

/// <summary>
/// Carries one engine connection's replies to the client: bytes go on as they arrive, whole frames or not; only a reply that the gateway
/// gives in the engine's place is left out and put in. The client's pace is the engine's pace: nothing is kept.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "Disposed at the end of RunAsync, which is the pump's whole life.")]
internal sealed class ReplyPump(
    EngineLink link, ReplyLedger ledger, ClientConnection client, NoticeOutlet outlet, NoticeAudience audience, byte[] received, Action noteActivity,
    GatewayCounters counters, Redirects redirects)
{
    private const int BufferBytes = 32 * 1024;

    private readonly RespReplyScanner _scanner = new();
    private readonly OutputBatch _output = new();
    private readonly List<byte> _withheld = [];
    private readonly List<byte[]> _keptBack = [];
    private readonly List<RetainedReply> _retained = [];
    private bool _replacing;
    private bool _withholding;
    private bool _judging;
    private bool _opaque;

    /// <summary>Whether the client has got the beginning of a reply and not its rest, which after the end will not come. Needs the outlet's turn until then.</summary>
    public bool IsInsideReply => !_scanner.AtBoundary && !_replacing && !_withholding && !_judging;

    /// <summary>After the end: how many writes were executed and not acknowledged by a replica; their replies were kept back.</summary>
    public int Unacknowledged => _keptBack.Count;

    /// <summary>After the end: what the client has not got of what was answered, since a command before it was not executed.</summary>
    public IReadOnlyList<RetainedReply> Retained => _retained;

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
        await outlet.EnterAsync();
        var end = Scan(buffer, count);
        try
        {
            if (_output.Collected is { IsEmpty: false } replies)
            {
                await client.WriteAsync(replies);
                noteActivity();
            }

            if (end is null)
            {
                await outlet.DeliverAsync();
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            end = ReplyPumpEnd.ClientGone;
        }

        // On a connection that only moves to another engine notices can still be put in; a stranger gets none.
        outlet.Leave(last: end is not (null or ReplyPumpEnd.Unblocked or ReplyPumpEnd.NotExecuted));
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
                    _judging = verdict == ReplyVerdict.Pass && ledger.IsBesideReplies && !audience.IsEmpty;
                }

                var status = _scanner.Scan(buffer.AsSpan(position, count - position), out var consumed);
                if (status == RespReplyStatus.Invalid)
                {
                    return ReplyPumpEnd.Violation;
                }

                if (_withholding || _judging)
                {
                    _withheld.AddRange(buffer.AsSpan(position, consumed));
                    JudgeWhatIsWithheld();
                }
                else if (!_replacing)
                {
                    _output.AddRange(position, position + consumed);
                }

                position += consumed;
                if (status == RespReplyStatus.FrameEnded)
                {
                    if (EndFrame() is { } end)
                    {
                        return end;
                    }

                    outlet.PutInto(_output);
                }
            }
        }

        return null;
    }

    private ReplyPumpEnd? EndFrame()
    {
        if (_judging)
        {
            _output.Write(CollectionsMarshal.AsSpan(_withheld)); // It has ended before it had a channel.
        }

        var retaining = ledger.Retains;
        var verdict = ledger.End(_scanner, out var replacement);
        if (verdict == ReplyVerdict.Edit)
        {
            replacement = ((IReplyEditor)ledger.Taken.Payload!).Edit(CollectionsMarshal.AsSpan(_withheld));
        }

        if (retaining && (_withholding || _replacing) && !ledger.IsBesideReplies)
        {
            Retain(verdict, replacement);
        }
        else
        {
            if (replacement is not null)
            {
                _output.Write(replacement);
            }

            if (_withholding)
            {
                Give(verdict);
            }
        }

        _withheld.Clear();
        _withholding = _replacing = _judging = false;
        if (ledger is { Retains: true, IsEmpty: true })
        {
            return ReplyPumpEnd.NotExecuted;
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

    /// <summary>A message to one who hears the gateway's notices is kept until its channel is known; one that only looks like a notice goes nowhere.</summary>
    private void JudgeWhatIsWithheld()
    {
        if (!_judging || ForgedMessage.Judge(CollectionsMarshal.AsSpan(_withheld)) is not { } isForged)
        {
            return;
        }

        _judging = false;
        _replacing = isForged;
        if (!isForged)
        {
            _output.Write(CollectionsMarshal.AsSpan(_withheld));
        }

        _withheld.Clear();
    }

    /// <summary>What was withheld goes where it belongs.</summary>
    private void Give(ReplyVerdict verdict)
    {
        switch (verdict)
        {
            case ReplyVerdict.Unblocked or ReplyVerdict.Edit:
                break;
            case ReplyVerdict.NotExecuted:
                _retained.Add(new RetainedReply(ledger.Taken, [.. _withheld], wasExecuted: false));
                break;
            case ReplyVerdict.KeepBack:
                _keptBack.Add([.. _withheld]);
                break;
            case ReplyVerdict.Acknowledged:
                var acknowledged = IsAcknowledgement();
                foreach (var reply in _keptBack)
                {
                    _output.Write(acknowledged || reply[0] == (byte)'-' ? reply : Replies.NotAcknowledged);
                    if (!acknowledged)
                    {
                        counters.NotAcknowledged();
                    }
                }

                _keptBack.Clear();
                break;
            default:
                _output.Write(redirects.Translate(CollectionsMarshal.AsSpan(_withheld)));
                break;
        }
    }

    /// <summary>A reply behind one that is to be made good first.</summary>
    private void Retain(ReplyVerdict verdict, byte[]? replacement)
    {
        if (verdict == ReplyVerdict.Acknowledged)
        {
            if (IsAcknowledgement())
            {
                // It speaks for all writes before it on this connection.
                Give(verdict);
                _retained.ForEach(retained => retained.IsAcknowledged = true);
            }
        }

        _retained.Add(new RetainedReply(ledger.Taken, replacement ?? [.. _withheld], verdict != ReplyVerdict.NotExecuted));
    }

    /// <summary>Whether the reply to WAIT names a replica.</summary>
    private bool IsAcknowledgement() => _withheld is [(byte)':', >= (byte)'1' and <= (byte)'9', ..];
}
