using System.Buffers;
using Larder.Gateway.Clients;
using Larder.Gateway.Sessions;
using Larder.Model.Routing;
using Larder.Model.Specs;

namespace Larder.Gateway.Relay;

/// <content>Leaves an engine connection and takes up the next one.</content>
internal sealed partial class Relay
{
    /// <summary>
    /// Leaves the engine connection to share one, if the client has left nothing on it and nothing is under way. All under one gate: a SELECT may be
    /// answered at this moment.
    /// </summary>
    private bool TryUnpin(RequestBatcher batcher)
    {
        var leg = _leg;
        lock (leg.Ledger.Gate)
        {
            if (!cache.Shares || client.IsReadingAhead || !batcher.IsBetweenCommands || leg.Ledger is not { IsOpen: true, IsEmpty: true, IsLost: false }
                || _settings is not { Database: 0, NeedsOwnConnection: false, IsReadOnly: false } || !_state.IsClean)
            {
                return false;
            }

            leg.Ledger.IsOpen = false;
        }

        leg.Link.Dispose();
        return true;
    }

    /// <summary>Leaves a link for good, if what was there can be made again on another.</summary>
    private bool TryLeave(Leg leg)
    {
        lock (leg.Ledger.Gate)
        {
            if (leg.Ledger.IsOpen)
            {
                if (!leg.Ledger.IsEmpty || !_state.IsCarryable)
                {
                    return false;
                }

                leg.Ledger.IsOpen = false;
                _state.LeaveConnection();
            }
        }

        leg.Link.Dispose();
        return true;
    }

    /// <summary>Leaves a link with the command that waits there, which its engine did not execute.</summary>
    private bool TryLeaveWaiting(Leg leg)
    {
        lock (leg.Ledger.Gate)
        {
            if (!leg.Ledger.IsOpen || !_state.IsCarryable || leg.Ledger.Head is not BlockingCommand waiting)
            {
                return false;
            }

            leg.Ledger.IsOpen = false;
            leg.Waiting = waiting;
            leg.IsWaitingKeptBack = leg.Ledger.IsHeadKeptBack;
            _state.LeaveConnection();
        }

        leg.Link.Dispose();
        return true;
    }

    /// <summary>A demoted engine gives the command back that waits there; one that does not has it taken: it executes nothing any more.</summary>
    private async Task TakeBackAsync(Leg leg)
    {
        await ((Task)leg.Replies).WaitAsync(GiveBackLimit, session.Clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (TryLeaveWaiting(leg))
        {
            leg.Ledger.Close();
        }
    }

    /// <summary>Leaves a link on which nothing ends because its engine does not even close it; the reply side makes good what was under way there.</summary>
    private async Task LeaveSilentAsync(Leg leg)
    {
        await ((Task)leg.Replies).WaitAsync(HoldLimit, session.Clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (cache.Find(session.Aim) is null)
        {
            leg.Link.Dispose();
        }
    }

    private void MoveAtOnceIfNeeded(Leg left)
    {
        lock (left.Ledger.Gate)
        {
            if (left.Ledger.IsOpen || left.Ledger.IsSending || !(_state.MustMoveAtOnce || left.Ledger.IsLost) || _ended || session.IsClosing)
            {
                return;
            }
        }

        lock (_moverGate)
        {
            _mover = MoveAsync(_mover, left);
        }
    }

    /// <summary>
    /// An idle connection has ended: either its engine has, and the client need not know, or the engine meant this client (CLIENT KILL, an answer too
    /// large, bytes that it took amiss), who is to know at once. The engine is asked once. While a batch is being sent only the request side knows what
    /// of it may have been executed.
    /// </summary>
    private void AskWhyAtOnce(Leg left)
    {
        lock (left.Ledger.Gate)
        {
            if (!left.IsEndedByEngine || left.Ledger.IsSending || _ended || session.IsClosing)
            {
                return;
            }
        }

        lock (_moverGate)
        {
            _mover = AskWhyAsync(_mover, left);
        }
    }

    private async Task AskWhyAsync(Task before, Leg left)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        if (ReferenceEquals(_leg, left) && cache.FindFresh(session.Aim) is { } primary && left.Link.LeadsTo(primary))
        {
            await TryReopenAsync(left, primary);
        }
    }

    private async Task MoveAsync(Task before, Leg left)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        if (ReferenceEquals(_leg, left))
        {
            await ReopenAsync(left);
        }
    }

    /// <summary>Opens the next link as soon as there is a primary; within the hold limit, else the session is closed.</summary>
    private async Task<bool> ReopenAsync(Leg left)
    {
        if (left is { NotExecutedSince: not null, Ledger.Retains: true })
        {
            await cache.PulseAsync(); // Sent on for a second time: shards do not agree yet.
        }

        // An engine that gave a command back is the primary no more, whatever the route still says.
        var end = await session.WithPrimaryAsync(
            async primary => !(left.Waiting is not null && left.Link.LeadsTo(primary)) && !MustWaitForAnother(left, primary) && await TryReopenAsync(left, primary),
            () => _ended);
        if (end == HoldEnd.Expired)
        {
            session.RequestClose(CloseReason.NoPrimary);
        }

        return end == HoldEnd.Done;
    }

    /// <summary>The next engine connection is to lead to the shard that a command was sent to.</summary>
    private void Follow(Leg left)
    {
        if (left.Pump.Retained.FirstOrDefault(reply => !reply.WasExecuted) is { } first && cache.Cluster?.ReadRedirection(first.Reply) is { } redirection)
        {
            session.Shard = redirection.Shard;
            session.HasMetMovingSlots = true;
        }
    }

    private async Task<bool> TryReopenAsync(Leg left, PrimaryRoute primary)
    {
        await left.Replies;
        await _reopening.WaitAsync();
        try
        {
            if (session.IsClosing || _ended)
            {
                return false;
            }

            if (!ReferenceEquals(_leg, left))
            {
                return true; // The request side or the mover was faster.
            }

            var since = left.Ledger.Retains ? left.NotExecutedSince ?? session.Clock.GetTimestamp() : (long?)null;
            Salvage? salvage = null;
            if (left.Ledger.IsLost)
            {
                salvage = MakeSalvage(left, givesUp: since is { } begun && session.Clock.GetElapsedTime(begun) >= HoldLimit);
                if (salvage is null)
                {
                    session.RequestClose(CloseReason.EngineClosed);
                    return false;
                }
            }

            var handshake = new ArrayBufferWriter<byte>();
            var required = _settings.WriteHandshake(handshake, primary, session.Grant);
            SessionSettings.WriteIdQuestion(handshake);
            var queued = salvage?.TransactionCommands ?? _state.TransactionCommands;
            _state.WriteTransaction(handshake, queued);
            _state.Subscriptions.Write(handshake);
            var order = new HandshakeOrder(handshake.WrittenMemory, required, 1 + queued, _state.Subscriptions.Count);
            if (await session.OpenLinkAsync(primary, order) is not ({ } link, { } reply))
            {
                return false;
            }

            if (left.IsEndedByEngine && !left.Ledger.Retains && left.Link.LeadsTo(primary))
            {
                // The same engine is there and well: it was this one connection that it ended.
                link.Dispose();
                session.RequestClose(CloseReason.EngineClosed);
                return false;
            }

            _settings.EngineId = ClientIdEditor.Read(reply.FirstOptional);
            var leg = new Leg(link, new ReplyLedger(_settings, Policy.RetryNotExecuted, session.IsRouted)) { NotExecutedSince = since };
            leg.Ledger.Restore(_state.Subscriptions);
            await TakeUpAsync(left, leg, salvage, reply.Rest);
            session.Counters.Moved();
            if (session.IsClosing)
            {
                link.Dispose(); // It was asked for while the old link was the current one.
            }

            Interlocked.MemoryBarrier(); // CacheRuntime.Apply does the same the other way round: one of the two sees the other.
            if (cache.Find(session.Aim) is { } newest)
            {
                OnPrimary(newest); // It may have changed while this link was being opened.
            }

            return true;
        }
        finally
        {
            _reopening.Release();
        }
    }

    /// <summary>Makes a link the session's, and gives it first what the link before it owes.</summary>
    private async Task TakeUpAsync(Leg left, Leg leg, Salvage? salvage, byte[] received)
    {
        var first = new ArrayBufferWriter<byte>();
        var commands = 0;
        if (left.Waiting is { } waiting)
        {
            leg.Ledger.Expect(new Expectation(
                ExpectationKind.Blocking, Payload: waiting, Traits: left.IsWaitingKeptBack ? ExpectationTraits.KeptBack : ExpectationTraits.None));
            waiting.Write(first, session.Clock);
            commands++;
            if (left.IsWaitingKeptBack)
            {
                leg.Ledger.Expect(new Expectation(ExpectationKind.Acknowledgement));
                CommandDoor.WriteWait(first, Policy.QuorumTimeoutMs);
                commands++;
            }
        }

        foreach (var expectation in salvage?.Expectations ?? [])
        {
            leg.Ledger.Expect(expectation);
            commands++;
        }

        first.Write((salvage?.Bytes ?? default).Span);
        lock (left.Ledger.Gate)
        {
            left.Ledger.Journal.Clear(0);
        }

        session.Counters.Repeated(salvage?.Repeated ?? 0);
        session.Counters.Uncertain(salvage?.Uncertain ?? 0);
        leg.Ledger.IsSending = left.Ledger.IsCut;
        leg.Ledger.Journal.Append(first.WrittenSpan, commands, left.Ledger.IsCut, answered: 0);

        // It fits the connection's own buffer, so that it goes without anybody reading the replies yet. Where it does not go, this engine is gone too,
        // and its reply side finds all of it under way.
        leg.Ledger.Journal.NoteSent(await leg.Link.TrySendAsync(first.WrittenMemory));
        Start(leg, received);
    }

    /// <summary>What is to be done about a lost link's commands; <c>null</c> where the session must be closed.</summary>
    private Salvage? MakeSalvage(Leg left, bool givesUp)
    {
        var timeout = Policy.QuorumTimeoutMs;
        lock (left.Ledger.Gate)
        {
            return Salvage.TryMake(
                left.Ledger, left.Pump.Unacknowledged, left.Pump.Retained, _state, Policy, givesUp, cache.Effects, session.Clock,
                cache.Route.Durability == DurabilityMode.Quorum ? output => CommandDoor.WriteWait(output, timeout) : null);
        }
    }

    /// <summary>Gives up a link with what is under way there, if that can be made good.</summary>
    private bool TryAbandon(Leg leg)
    {
        lock (leg.Ledger.Gate)
        {
            if (leg.Pump.IsInsideReply || leg.Ledger.IsOpaque || !_state.IsCarryable || leg.Waiting is not null)
            {
                return false;
            }

            leg.Ledger.IsOpen = false;
            leg.Ledger.IsLost = true;
            _state.LeaveConnection();
            return true;
        }
    }

    /// <summary>Of a command that a lost link has got in part, all is given to the next one where its beginning is kept; else its rest is read and dropped.</summary>
    private static void CutIfLost(Leg leg, RequestBatcher batcher)
    {
        lock (leg.Ledger.Gate)
        {
            if (leg.Ledger is { IsLost: true, IsOpen: false } && batcher.IsInsideCommand)
            {
                leg.Ledger.IsCut = leg.Ledger.CanCut;
                if (!leg.Ledger.IsCut)
                {
                    batcher.AbandonCommand();
                }

                leg.Ledger.IsSending = false;
            }
        }
    }

    /// <summary>An engine that has just said that it executes nothing is not asked again at once.</summary>
    private bool MustWaitForAnother(Leg left, PrimaryRoute primary) => left.Ledger.Retains && left.Link.LeadsTo(primary)
        && session.Clock.GetElapsedTime(left.EndedAt) < RetryPause;
}
