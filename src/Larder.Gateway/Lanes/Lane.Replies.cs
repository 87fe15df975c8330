using System.Buffers;
using Larder.Gateway.Clients;
using Larder.Gateway.Relay;
using Larder.Resp.Replies;

namespace Larder.Gateway.Lanes;

/// <content>Gives the engine's replies to whom they belong.</content>
internal sealed partial class Lane
{
    /// <summary>Reads what the engine has answered and gives each client what is his.</summary>
    private void Receive()
    {
        if (_link is not { } link)
        {
            return;
        }

        var count = link.Read(Loop.Scratch);
        if (count == 0)
        {
            return;
        }

        var whole = count > 0 && Distribute(Loop.Scratch, count);
        foreach (var session in _touched)
        {
            session.Flush();
        }

        _touched.Clear();
        _journal.Release(_answered);
        if (count < 0)
        {
            LoseLink();
        }
        else if (!whole)
        {
            Log.UnexpectedReply(_services.Logger, _cache.Route.Cache, link.Primary.NodeOrdinal);
            LoseLink();
        }
        else if (_retreat is not null && IsQuiet)
        {
            CompleteRetreat();
        }

        LetOthersIn();
    }

    /// <summary>Takes the frames apart.</summary>
    /// <returns>False where something came that no command asked for.</returns>
    private bool Distribute(byte[] buffer, int count)
    {
        var position = 0;
        while (position < count)
        {
            var begins = _scanner.AtBoundary;
            if (begins)
            {
                if (_answered == _planned)
                {
                    return false;
                }

                if (_retreat is null && !_queue.Head.IsInfo && RespFrame.TryMeasure(buffer.AsSpan(position, count - position), out var length))
                {
                    Touch(_queue.Head.Session, buffer).Append(position, position + length);
                    position += length;
                    _notExecutedSince = null;
                    Complete();
                    continue;
                }

                _withholding = _retreat is not null || buffer[position] == (byte)'-' || _queue.Head.IsInfo;
            }

            var status = _scanner.Scan(buffer.AsSpan(position, count - position), out var consumed);
            if (status == RespReplyStatus.Invalid)
            {
                return false;
            }

            _withholding |= begins && status == RespReplyStatus.NeedMoreData; // Until all of it has come, or so much that nobody keeps it.
            if (_withholding)
            {
                _withheld.Write(buffer.AsSpan(position, consumed));
            }
            else
            {
                Touch(_queue.Head.Session, buffer).Append(position, position + consumed);
            }

            position += consumed;
            if (_withholding && _retreat is null && status != RespReplyStatus.FrameEnded && _withheld.WrittenCount > MaxKeptReplyBytes)
            {
                BeginLargeReply(buffer);
            }

            if (status == RespReplyStatus.FrameEnded)
            {
                EndFrame(buffer);
            }
        }

        return true;
    }

    /// <summary>
    /// A reply too large to be kept for a client that may not read it. A client that only reads is given it over a connection of his own, at his own pace: his
    /// commands are given back to him, and their replies here are dropped. Else it goes on as it comes.
    /// </summary>
    private void BeginLargeReply(byte[] buffer)
    {
        var session = _queue.Head.Session;
        var entries = _queue.Of(session).ToArray();
        if (entries.All(entry => entry is { Reads: true, Reply: null }))
        {
            session.TakeBack([.. entries.SelectMany(entry => _journal.Copy(entry))]);
        }
        else
        {
            _startedFrame = true;
        }

        Touch(session, buffer).Append(_withheld.WrittenSpan);
        ForgetWithheld();
        _withholding = false;
    }

    private void ForgetWithheld()
    {
        _withheld.ResetWrittenCount();
        if (_withheld.Capacity > MaxIdleBytes)
        {
            _withheld = new ArrayBufferWriter<byte>(256);
        }
    }

    private void EndFrame(byte[] buffer)
    {
        _startedFrame = false;
        if (!_withholding)
        {
            Complete();
            return;
        }

        _withholding = false;
        var reply = _withheld.WrittenSpan;
        var refused = reply[0] == (byte)'-' && Policy.RetryNotExecuted && NotExecuted.IsTold(_scanner.ErrorText);
        if (refused && !GivesUp)
        {
            // Nothing is sent to such an engine any more; what is under way there is still answered.
            _notExecutedSince ??= _services.Clock.GetTimestamp();
            _retreat ??= new LaneRetreat();
            _services.Counters.Repeated(1);
        }

        if (_retreat is { } retreat)
        {
            retreat.Take(_queue.Head, refused && !GivesUp ? null : reply.ToArray(), _journal);
            lock (_gate)
            {
                _answered = _queue.Head.End;
            }

            _queue.Take();
            retreat.TakeAnswers(_queue);
        }
        else
        {
            Touch(_queue.Head.Session, buffer).Append(_queue.Head.IsInfo && reply[0] != (byte)'-' ? new InfoEditor(_cache).Edit(reply) : _queue.Head.Session.Redirects.Translate(reply));
            Complete();
        }

        ForgetWithheld();
    }

    private bool GivesUp => _notExecutedSince is { } since && _services.Clock.GetElapsedTime(since) >= _cache.HoldLimit;

    /// <summary>The first command is answered; so are the gateway's own replies behind it.</summary>
    private void Complete()
    {
        var answered = _queue.Take();
        if (_queue.Count == 0 || _queue.Head.Reply is null)
        {
            // Read by others under the gate only to see whether it has caught up with what was planned.
            lock (_gate)
            {
                _answered = answered.End;
            }
        }
        else
        {
            GiveAnswers(answered.End);
        }

        answered.Session.NoteAnswered();
    }

    private void GiveAnswers(long answered)
    {
        lock (_gate)
        {
            _answered = answered;
        }

        while (_queue.Count > 0 && _queue.Head.Reply is { } reply)
        {
            var entry = _queue.Take();
            Touch(entry.Session, Loop.Scratch).Append(reply);
            entry.Session.NoteAnswered();
        }
    }

    private SharedSession Touch(SharedSession session, byte[] buffer)
    {
        if (session.BeginOutput(buffer))
        {
            _touched.Add(session);
        }

        return session;
    }
}
