using Larder.Gateway.Sessions;

namespace Larder.Gateway.Relay;

/// <content>The reply side, and the end of the session.</content>
internal sealed partial class Relay
{
    private void Start(Leg leg, byte[] received)
    {
        leg.Pump = new ReplyPump(
            leg.Link, leg.Ledger, client, _outlet, _state.Subscriptions.Notices, received, session.NoteActivity, session.Counters,
            session.Redirects);

        // Whoever sees the link must find its reply side, and that one must find the link in its place.
        var placed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        leg.Replies = RunRepliesAsync(leg, placed.Task);
        _leg = leg;
        placed.SetResult();
    }

    /// <summary>The client sends no more: what the engine still answers is given, and the engine is told.</summary>
    private async Task<RelayEnd> EndRequestsAsync()
    {
        session.NoteReason(CloseReason.ClientClosed);
        var leg = _leg;
        try
        {
            bool drains;
            lock (leg.Ledger.Gate)
            {
                drains = leg.Ledger.Drains;
            }

            if (drains)
            {
                // An engine that sees the end drops the answers that its socket has not yet taken; so it sees it after them.
                await leg.Ledger.WaitForRepliesAsync().WaitAsync(session.Options.CloseGrace, session.Clock);
            }

            leg.Link.EndRequests();
            return await leg.Replies.WaitAsync(session.Options.CloseGrace, session.Clock) == ReplyPumpEnd.ClientGone ? RelayEnd.Broken : RelayEnd.Over;
        }
        catch (TimeoutException)
        {
            return RelayEnd.Broken;
        }
    }

    /// <summary>Waits for the replies under way, while watching whether the client is still there.</summary>
    private async Task<RelayEnd> LastRepliesAsync(bool keepRequests)
    {
        var replies = _leg.Replies;
        while (!replies.IsCompleted && CanReadAhead())
        {
            var read = client.ReadAheadAsync();
            if (await Task.WhenAny(replies, read) == replies)
            {
                break;
            }

            if (await client.ReadAsync() == 0)
            {
                return await EndRequestsAsync();
            }

            if (!keepRequests)
            {
                client.Discard();
            }
        }

        if (!replies.IsCompleted && await LeavesBeforeAsync(replies))
        {
            return await EndRequestsAsync();
        }

        return await replies switch
        {
            ReplyPumpEnd.Reset => RelayEnd.Reset,
            ReplyPumpEnd.ClientGone => RelayEnd.Broken,
            _ => RelayEnd.Over,
        };
    }

    /// <summary>The reply side of one link. What its end means depends on whether anything was under way.</summary>
    private async Task<ReplyPumpEnd> RunRepliesAsync(Leg leg, Task placed)
    {
        await placed;
        var end = await leg.Pump.RunAsync();
        leg.EndedAt = session.Clock.GetTimestamp();
        lock (leg.Ledger.Gate)
        {
            leg.IsEndedByEngine = end == ReplyPumpEnd.EngineClosed && leg.Ledger.IsOpen; // Else the session has left it, and disposed of it itself.
        }

        switch (end)
        {
            case ReplyPumpEnd.EngineClosed or ReplyPumpEnd.NotExecuted:
                Follow(leg);
                if (!TryLeaveInPeace(leg) && !TryAbandon(leg))
                {
                    session.RequestClose(CloseReason.EngineClosed);
                }

                break;
            case ReplyPumpEnd.Unblocked:
                if (!TryLeaveWaiting(leg))
                {
                    session.RequestClose(CloseReason.NewPrimary);
                }

                break;
            case ReplyPumpEnd.Violation:
                session.NoteUnexpectedReply();
                session.RequestClose(CloseReason.UnexpectedReply);
                break;
            case ReplyPumpEnd.ClientGone:
                session.RequestClose(CloseReason.ClientBroke);
                break;
            case ReplyPumpEnd.Finished:
                session.NoteReason(CloseReason.ClientQuit);
                break;
            default:
                break;
        }

        leg.Ledger.Close();
        leg.Link.Dispose();
        if (end is ReplyPumpEnd.EngineClosed or ReplyPumpEnd.NotExecuted)
        {
            MoveAtOnceIfNeeded(leg);
            AskWhyAtOnce(leg);
        }

        return end;
    }

    /// <summary>Leaves a link that has ended, if it owes nothing.</summary>
    private bool TryLeaveInPeace(Leg leg) => leg.Pump is { Unacknowledged: 0, Retained.Count: 0 } && !leg.Ledger.IsLost && TryLeave(leg);

    private async Task EndAsync()
    {
        // A mover may be about to open another link: it is waited for, and opens no more.
        _ended = true;
        await _reopening.WaitAsync();
        var leg = _leg;
        leg.Link.Dispose();
        leg.Ledger.Close();
        var written = EndWritingAsync(leg);
        await written.WaitAsync(session.Options.CloseGrace, session.Clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!written.IsCompleted)
        {
            client.Abort(); // It takes nothing: what is being written would be written for ever.
        }

        await written;
        _reopening.Release();
        await _mover;
    }

    private async Task EndWritingAsync(Leg leg)
    {
        await leg.Replies;
        foreach (var notice in await _outlet.CloseAsync())
        {
            session.Miss(notice);
        }
    }
}
