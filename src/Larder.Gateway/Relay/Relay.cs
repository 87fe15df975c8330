using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Larder.Gateway.Routing;
using Larder.Gateway.Sessions;
using Larder.Model.Routing;
using Larder.Resp.Requests;

namespace Larder.Gateway.Relay;

/// <summary>The authenticated part of a session: carries commands to an engine connection of its own, and replies back.</summary>
/// <remarks>
/// <code>
///            +-- request side: RunAsync -----------------------------------------------+
///   client --+--&gt; read --&gt; hold until the view is fresh --&gt; RequestBatcher --&gt; send --+--&gt; engine
///            |                     |                             | notes               |
///            |                     | other primary:         ReplyLedger                |
///            |                     | new engine connection       | pairs               |
///   client &lt;-+---------------------+------- ReplyPump &lt;----------+---------------------+--- engine
/// </code>
/// The two sides meet in the ledger's gate. Each link has a ledger and a reply pump of its own; a link that is left is never sent to again.
/// A link is left only while nothing is under way on it but a command that waits; what the client had there (<see cref="SessionSettings"/>,
/// <see cref="CarriedState"/>) is made again on the next one. Where that cannot be, the session is closed in order.
/// </remarks>
[SuppressMessage("Reliability", "CA1001", Justification = "A SemaphoreSlim whose wait handle is never asked for holds nothing to dispose.")]
internal sealed class Relay(GatewaySession session, ClientConnection client, RespRequestScanner scanner, CacheRuntime cache)
{
    /// <summary>How long a demoted engine may take to give back the command that waits there.</summary>
    private static readonly TimeSpan GiveBackLimit = TimeSpan.FromMilliseconds(100);

    private readonly SessionSettings _settings = new();
    private readonly CarriedState _state = new();
    private readonly SemaphoreSlim _reopening = new(1, 1);
    private volatile Leg _leg = null!;
    private Leg? _bound;
    private volatile Task _mover = Task.CompletedTask;
    private volatile bool _ended;

    /// <summary>Whether the client waits for something, so that its silence is not idleness.</summary>
    public bool IsWaiting
    {
        get
        {
            var leg = _leg;
            lock (leg.Ledger.Gate)
            {
                return leg.Ledger.IsWaiting || leg.Waiting is not null;
            }
        }
    }

    /// <summary>Whether nothing is under way that another primary could not be given.</summary>
    public bool IsQuiet
    {
        get
        {
            var ledger = _leg.Ledger;
            lock (ledger.Gate)
            {
                return !ledger.IsOpen || ledger.IsEmpty || ledger.Parked is not null || ledger.IsOpaque;
            }
        }
    }

    /// <summary>Whether the session is where a route leads, or need not be yet.</summary>
    /// <param name="primary">The route.</param>
    public bool IsSettledOn(PrimaryRoute primary)
    {
        var leg = _leg;
        lock (leg.Ledger.Gate)
        {
            return leg.Ledger.IsOpen
                ? leg.Link.LeadsTo(primary) || !(_state.MustMoveAtOnce || leg.Ledger.Parked is not null)
                : !_state.MustMoveAtOnce && leg.Waiting is null;
        }
    }

    /// <summary>Takes over a link on which the gateway has authenticated.</summary>
    /// <param name="link">The link; owned from here on.</param>
    /// <param name="protocol">2 or 3.</param>
    /// <param name="clientName">What HELLO set, or <c>null</c>.</param>
    public void Begin(EngineLink link, int protocol, byte[]? clientName)
    {
        _settings.Protocol = protocol;
        if (clientName is { Length: > SessionSettings.MaxValueBytes })
        {
            _state.Stick();
        }
        else if (clientName is not null)
        {
            _settings.Apply(new SettingChange(ClientSetting.Name, clientName));
        }

        _leg = new Leg(link, new ReplyLedger(_settings));
        _leg.Replies = RunRepliesAsync(_leg, []);
    }

    /// <summary>Runs until the session is over or the client is a stranger again.</summary>
    /// <returns>Which of it.</returns>
    public async Task<RelayEnd> RunAsync()
    {
        using var batcher = new RequestBatcher(
            client, scanner, new CommandDoor(_state, _settings, session.FindKey, session.Counters, session.Clock), session.Counters);
        try
        {
            var read = !client.Unread.IsEmpty;
            while (true)
            {
                if (!read && await client.ReadAsync() == 0)
                {
                    return await EndRequestsAsync();
                }

                read = false;
                session.NoteActivity();
                if (await BeginBatchAsync() is not { } leg)
                {
                    return RelayEnd.Over;
                }

                if (!ReferenceEquals(leg, _bound))
                {
                    batcher.Bind(leg.Ledger, leg.Link.Primary);
                    _bound = leg;
                }

                var end = await SendBatchAsync(leg, batcher);
                switch (end)
                {
                    case BatchEnd.GoOn:
                        break;
                    case BatchEnd.AwaitReplies:
                        if (await AwaitRepliesAsync() is { } over)
                        {
                            return over;
                        }

                        read = !client.Unread.IsEmpty;
                        break;
                    case BatchEnd.Hang:
                        session.RequestClose(CloseReason.HostileRequest);
                        return RelayEnd.Broken;
                    case BatchEnd.EndRequests:
                        session.NoteReason(batcher.EndReason);
                        return await EndRequestsAsync();
                    default:
                        return await LastRepliesAsync(keepRequests: end == BatchEnd.Reset);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException)
        {
            session.NoteReason(CloseReason.ClientBroke);
            return RelayEnd.Broken;
        }
        finally
        {
            await EndAsync();
        }
    }

    /// <summary>The session is to be closed: what the engine would still send is not wanted.</summary>
    public void CloseLink() => _leg.Link.Dispose();

    /// <summary>A new route: leaves an engine connection that does not lead to the primary any more.</summary>
    /// <param name="primary">The primary.</param>
    public void OnPrimary(PrimaryRoute primary)
    {
        var leg = _leg;
        if (leg.Link.LeadsTo(primary))
        {
            return;
        }

        if (TryLeave(leg))
        {
            MoveAtOnceIfNeeded(leg);
            return;
        }

        lock (leg.Ledger.Gate)
        {
            if (leg.Ledger.Parked is not null && _state.IsCarryable)
            {
                _mover = TakeBackAsync(leg);
                return;
            }
        }

        session.RequestClose(CloseReason.NewPrimary);
    }

    /// <summary>Waits for a primary with a fresh view and an engine connection to it; reserves that connection for a batch.</summary>
    private async Task<Leg?> BeginBatchAsync()
    {
        var started = session.Clock.GetTimestamp();
        while (!session.IsClosing)
        {
            var leg = _leg;
            if (cache.FreshPrimary() is { } primary)
            {
                var held = false;
                if (leg.Link.LeadsTo(primary))
                {
                    lock (leg.Ledger.Gate)
                    {
                        // A command that has gone in part is completed also while the cache is held: nothing else can end it.
                        held = cache.IsHeld && !leg.Ledger.IsSending;
                        if (leg.Ledger.IsOpen && !held)
                        {
                            leg.Ledger.IsSending = true;
                            return leg;
                        }
                    }
                }

                if (!held)
                {
                    if (!TryLeave(leg))
                    {
                        session.RequestClose(CloseReason.NewPrimary);
                        return null;
                    }

                    if (await TryReopenAsync(leg, primary))
                    {
                        continue;
                    }
                }
            }

            if (session.Clock.GetElapsedTime(started) >= session.Options.HoldLimit)
            {
                session.Counters.HoldExpired();
                session.RequestClose(CloseReason.NoPrimary);
                return null;
            }

            await cache.PulseAsync();
        }

        return null;
    }

    private static async Task<BatchEnd> SendBatchAsync(Leg leg, RequestBatcher batcher)
    {
        var end = batcher.Collect();
        if (!batcher.Collected.IsEmpty)
        {
            try
            {
                await leg.Link.SendAsync(batcher.Collected, CancellationToken.None);
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // The reply side sees the same end, and closes the session: commands were under way.
                await leg.Replies;
                return BatchEnd.EndRequests;
            }
        }

        batcher.Release();
        lock (leg.Ledger.Gate)
        {
            leg.Ledger.IsSending = batcher.IsInsideCommand;
        }

        await leg.Ledger.WaitForRoomAsync();
        return end;
    }

    /// <summary>Waits while a command waits at the engine, wherever the engine is meanwhile, and watches whether the client is still there.</summary>
    /// <returns><c>null</c> when it was answered, else how the session ended.</returns>
    private async Task<RelayEnd?> AwaitRepliesAsync()
    {
        while (true)
        {
            var leg = _leg;
            var answered = leg.Ledger.WaitForRepliesAsync();
            while (!answered.IsCompleted && !client.IsFull)
            {
                if (await Task.WhenAny(answered, client.ReadAheadAsync()) == answered)
                {
                    break;
                }

                if (await client.ReadAsync() == 0)
                {
                    return await EndRequestsAsync();
                }
            }

            await answered;
            lock (leg.Ledger.Gate)
            {
                if (leg.Waiting is null)
                {
                    return null;
                }
            }

            if (!await ReopenAsync(leg))
            {
                return RelayEnd.Over;
            }
        }
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

    private void MoveAtOnceIfNeeded(Leg left)
    {
        lock (left.Ledger.Gate)
        {
            if (_state.MustMoveAtOnce && _mover.IsCompleted)
            {
                _mover = Task.Run(() => ReopenAsync(left));
            }
        }
    }

    /// <summary>Opens the next link as soon as there is a primary; within the hold limit, else the session is closed.</summary>
    private async Task<bool> ReopenAsync(Leg left)
    {
        var started = session.Clock.GetTimestamp();
        while (!session.IsClosing && !_ended)
        {
            // An engine that gave a command back is the primary no more, whatever the route still says.
            if (cache.FreshPrimary() is { } primary && !(left.Waiting is not null && left.Link.LeadsTo(primary)) && await TryReopenAsync(left, primary))
            {
                return true;
            }

            if (session.Clock.GetElapsedTime(started) >= session.Options.HoldLimit)
            {
                session.Counters.HoldExpired();
                session.RequestClose(CloseReason.NoPrimary);
                return false;
            }

            await cache.PulseAsync();
        }

        return false;
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

            var handshake = new ArrayBufferWriter<byte>();
            var required = _settings.WriteHandshake(handshake, primary);
            _state.WriteTransaction(handshake);
            _state.Subscriptions.Write(handshake);
            var order = new HandshakeOrder(handshake.WrittenMemory, required, _state.TransactionCommands, _state.Subscriptions.Count);
            if (await session.OpenLinkAsync(primary, order) is not ({ } link, { } reply))
            {
                return false;
            }

            var leg = new Leg(link, new ReplyLedger(_settings));
            leg.Ledger.Restore(_state.Subscriptions);
            if (left.Waiting is { } waiting && !await TryWaitAgainAsync(leg, waiting))
            {
                link.Dispose();
                return false;
            }

            _leg = leg;
            leg.Replies = RunRepliesAsync(leg, reply.Rest);
            session.Counters.Moved();
            if (session.IsClosing)
            {
                link.Dispose(); // It was asked for while the old link was the current one.
            }

            return true;
        }
        finally
        {
            _reopening.Release();
        }
    }

    private async Task<bool> TryWaitAgainAsync(Leg leg, BlockingCommand waiting)
    {
        leg.Ledger.Expect(new Expectation(ExpectationKind.Blocking, Payload: waiting));
        var command = new ArrayBufferWriter<byte>();
        waiting.Write(command, session.Clock);
        try
        {
            await leg.Link.SendAsync(command.WrittenMemory, CancellationToken.None);
            return true;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return false; // This engine is gone too; there will be another.
        }
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
        while (!replies.IsCompleted && !client.IsFull)
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

        return await replies switch
        {
            ReplyPumpEnd.Reset => RelayEnd.Reset,
            ReplyPumpEnd.ClientGone => RelayEnd.Broken,
            _ => RelayEnd.Over,
        };
    }

    /// <summary>The reply side of one link. What its end means depends on whether anything was under way.</summary>
    private async Task<ReplyPumpEnd> RunRepliesAsync(Leg leg, byte[] received)
    {
        var end = await new ReplyPump(leg.Link, leg.Ledger, client, received, session.NoteActivity).RunAsync();
        switch (end)
        {
            case ReplyPumpEnd.EngineClosed:
                if (TryLeave(leg))
                {
                    MoveAtOnceIfNeeded(leg);
                }
                else
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
        return end;
    }

    private async Task EndAsync()
    {
        // A mover may be about to open another link: it is waited for, and opens no more.
        _ended = true;
        await _reopening.WaitAsync();
        var leg = _leg;
        leg.Link.Dispose();
        leg.Ledger.Close();
        await leg.Replies;
        _reopening.Release();
        await _mover;
    }
}
