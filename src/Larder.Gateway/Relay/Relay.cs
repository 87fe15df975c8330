using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Larder.Gateway.Clients;
using Larder.Gateway.Notices;
using Larder.Gateway.Routing;
using Larder.Gateway.Sessions;
using Larder.Model.Routing;
using Larder.Model.Specs;
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
/// What the client had on a link that is left (<see cref="SessionSettings"/>, <see cref="CarriedState"/>) is made again on the next one. What was
/// under way on a link that broke is made good by <see cref="Salvage"/>. Where either cannot be, the session is closed in order.
/// </remarks>
[SuppressMessage("Reliability", "CA1001", Justification = "A SemaphoreSlim whose wait handle is never asked for holds nothing to dispose.")]
internal sealed partial class Relay(GatewaySession session, ClientConnection client, RespRequestScanner scanner, CacheRuntime cache, SessionSettings settings)
{
    /// <summary>How long a demoted engine may take to give back the command that waits there.</summary>
    private static readonly TimeSpan GiveBackLimit = TimeSpan.FromMilliseconds(100);

    /// <summary>How long an engine that does not execute commands is left alone before it is asked again.</summary>
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(10);

    /// <summary>What a client may send ahead of a reply that it waits for before it is read no further.</summary>
    private const int MaxReadAheadBytes = 1 << 20;

    /// <summary>How often a client that cannot be read from is looked after.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly SessionSettings _settings = settings;
    private readonly CarriedState _state = new();
    private readonly SemaphoreSlim _reopening = new(1, 1);
    private readonly Lock _moverGate = new();
    private NoticeOutlet _outlet = null!;
    private volatile Leg _leg = null!;
    private Leg? _bound;
    private volatile Task _mover = Task.CompletedTask;
    private volatile bool _ended;
    private int _shareableBatches;

    private FailoverSpec Policy => cache.Route.Failover;

    private TimeSpan HoldLimit => cache.HoldLimit;

    /// <summary>Whether the client waits for something, so that its silence is not idleness.</summary>
    public bool IsWaiting
    {
        get
        {
            var leg = _leg;
            lock (leg.Ledger.Gate)
            {
                return leg.Ledger.IsWaiting || leg.Waiting is not null || _gatherer is not null;
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
                return !IsGathering && !ledger.IsLost && (!ledger.IsOpen || ledger.IsEmpty || ledger.Parked is not null || ledger.IsOpaque);
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
                : !_state.MustMoveAtOnce && leg.Waiting is null && !leg.Ledger.IsLost;
        }
    }

    /// <summary>
    /// Adds to what is told of the client. Thread-safe, and without the gate: who asks holds his own, and two who ask of each other would wait for ever. What
    /// is under way at this moment may be told or not.
    /// </summary>
    /// <param name="view">What is known of it already.</param>
    public ClientView Describe(ClientView view)
    {
        var ledger = _leg.Ledger;
        return view with
        {
            Subscriptions = ledger.Subscriptions,
            Queued = _state.InTransaction ? Math.Max(0, _state.TransactionCommands - 1) : -1,
            Watches = _state.Watching,
            Blocks = ledger.Parked is not null,
            Monitors = ledger.IsOpaque,
        };
    }

    /// <summary>Tells the client something between two replies, if it asked for such notices.</summary>
    /// <param name="notice">The notice.</param>
    /// <returns>False where it has stopped to speak to the client.</returns>
    public bool Notify(Notice notice) => !notice.Concerns(_settings.Maintenance, _state.Subscriptions.Notices) || _outlet.Post(notice);

    /// <summary>Takes over a link on which the gateway has authenticated.</summary>
    /// <param name="link">The link; owned from here on.</param>
    /// <param name="clientName">What HELLO set, or <c>null</c>.</param>
    public void Begin(EngineLink link, byte[]? clientName)
    {
        if (clientName is { Length: > SessionSettings.MaxValueBytes })
        {
            _state.Stick();
        }
        else if (clientName is not null)
        {
            _settings.Apply(new SettingChange(ClientSetting.Name, clientName));
        }

        _outlet = new NoticeOutlet(client.WriteAsync, Look, () => session.RequestClose(CloseReason.ClientBroke));
        Start(new Leg(link, new ReplyLedger(_settings, Policy.RetryNotExecuted, session.IsRouted)), []);
    }

    /// <summary>Runs until the session is over or the client is a stranger again.</summary>
    /// <returns>Which of it.</returns>
    public async Task<RelayEnd> RunAsync()
    {
        using var batcher = new RequestBatcher(
            client, scanner, new CommandDoor(session, cache, _state, _settings), session.Counters);
        try
        {
            if (session.IsRouted)
            {
                await cache.LearnAsync(_leg.Link.Primary); // Where its commands are to go, only the engine's own table tells.
            }

            var read = !client.Unread.IsEmpty;
            while (true)
            {
                if (!read && await client.ReadAsync() == 0)
                {
                    return await EndRequestsAsync();
                }

                read = false;
                session.NoteActivity();
                if (_shareableBatches >= session.Options.BatchesBeforeSharing && TryUnpin(batcher))
                {
                    return RelayEnd.Unpinned; // What was read is taken from there.
                }

                if (await BeginBatchAsync(batcher) is not { } leg)
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
                    case BatchEnd.Reroute:
                        if (!await SettleAsync())
                        {
                            return RelayEnd.Over;
                        }

                        session.Shard = batcher.NextShard;
                        read = true;
                        break;
                    case BatchEnd.Transaction:
                        if (!await SettleAsync() || !await EndTransactionAsync(batcher.Transaction))
                        {
                            return RelayEnd.Over;
                        }

                        read = !client.Unread.IsEmpty;
                        break;
                    case BatchEnd.Gather:
                        if (!await SettleAsync())
                        {
                            return RelayEnd.Over;
                        }

                        if (await GatherAsync(batcher.Gathered) is { } ended)
                        {
                            return ended;
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
                        session.NoteReason(batcher.EndReason);
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
    public void CloseLink()
    {
        _leg.Link.Dispose();
        lock (_gatherGate)
        {
            _gatherer?.Stop();
        }
    }

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
                lock (_moverGate)
                {
                    _mover = Task.WhenAll(_mover, TakeBackAsync(leg));
                }

                return;
            }
        }

        leg.Link.Dispose(); // What is under way there is made good by the reply side, which sees the end.
    }

    /// <summary>A new route without a primary: an engine that stays silent is waited for as long as another primary is.</summary>
    public void OnNoPrimary()
    {
        lock (_moverGate)
        {
            _mover = Task.WhenAll(_mover, LeaveSilentAsync(_leg));
        }
    }

    /// <summary>How the client is to be written to now; <c>null</c> while it is not between two replies, or nobody knows.</summary>
    private NoticeReader? Look()
    {
        var leg = _leg;
        lock (leg.Ledger.Gate)
        {
            var listen = cache.Route.Listen.Where(endpoint => endpoint.NodeOrdinal == session.Endpoint.NodeOrdinal).ToList();
            return leg.Ledger.IsOpaque || leg.Pump.IsInsideReply ? null : new NoticeReader(
                _settings.Protocol,
                _settings.Maintenance,
                _state.Subscriptions.Notices,
                leg.Ledger.CanHear,
                client.LocalAddress,
                listen.Find(endpoint => endpoint.Tls)?.Port ?? 0,
                listen.Find(endpoint => !endpoint.Tls)?.Port ?? 0);
        }
    }

    /// <summary>Waits for a primary with a fresh view and an engine connection to it; reserves that connection for a batch.</summary>
    private async Task<Leg?> BeginBatchAsync(RequestBatcher batcher)
    {
        var started = session.Clock.GetTimestamp();
        while (!session.IsClosing)
        {
            var leg = _leg;
            CutIfLost(leg, batcher);
            if (cache.FindFresh(session.Aim) is { } primary)
            {
                var held = false;
                if (leg.Link.LeadsTo(primary))
                {
                    lock (leg.Ledger.Gate)
                    {
                        // A command that has gone in part is completed also while the cache is held: nothing else can end it.
                        held = cache.IsHeld(session.Aim) && !leg.Ledger.IsSending;
                        if (leg.Ledger.IsOpen && !held)
                        {
                            if (leg.Ledger.IsEmpty)
                            {
                                leg.Ledger.Journal.Clear(leg.Ledger.Answered);
                            }

                            leg.Ledger.IsSending = true;
                            return leg;
                        }
                    }
                }

                if (!held)
                {
                    if (!TryLeave(leg))
                    {
                        leg.Link.Dispose(); // The reply side sees the end, and the session goes on from there or is closed.
                        await leg.Replies;
                        continue;
                    }

                    if (!MustWaitForAnother(leg, primary) && await TryReopenAsync(leg, primary))
                    {
                        continue;
                    }
                }
            }

            if (session.Clock.GetElapsedTime(started) >= HoldLimit)
            {
                session.Counters.HoldExpired();
                session.RequestClose(CloseReason.NoPrimary);
                return null;
            }

            await cache.PulseAsync();
        }

        return null;
    }

    private async Task<BatchEnd> SendBatchAsync(Leg leg, RequestBatcher batcher)
    {
        var end = batcher.Collect();
        _shareableBatches = !batcher.AllShareable ? 0 : batcher.Commands > 0 ? _shareableBatches + 1 : _shareableBatches;
        var missing = 0;
        if (!batcher.Collected.IsEmpty)
        {
            lock (leg.Ledger.Gate)
            {
                leg.Ledger.Journal.Append(
                    batcher.Collected.Span, batcher.Commands, batcher.IsInsideCommand, leg.Ledger.Answered);
            }

            missing = await leg.Link.TrySendAsync(batcher.Collected);
        }

        batcher.Release();
        if (missing > 0)
        {
            leg.Link.Dispose();
            await leg.Replies; // It meets the same end.
        }

        lock (leg.Ledger.Gate)
        {
            leg.Ledger.Journal.NoteSent(missing);
            leg.Ledger.IsSending = batcher.IsInsideCommand;
            if (leg.Ledger.IsLost && leg.Ledger.IsEmpty)
            {
                leg.Link.Dispose(); // All there is has been answered, while the reply side still counted on what was being sent.
            }
        }

        CutIfLost(leg, batcher);
        MoveAtOnceIfNeeded(leg);

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
            while (!answered.IsCompleted && CanReadAhead())
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

            if (!answered.IsCompleted && await LeavesBeforeAsync(answered))
            {
                return await EndRequestsAsync();
            }

            lock (leg.Ledger.Gate)
            {
                if (leg.Waiting is null && !leg.Ledger.IsLost)
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

    /// <summary>Waits until everything that was sent is answered, wherever the engine is meanwhile.</summary>
    /// <returns>False where the session is to be closed.</returns>
    private async Task<bool> SettleAsync()
    {
        while (true)
        {
            var leg = _leg;
            await leg.Ledger.WaitForRepliesAsync();
            lock (leg.Ledger.Gate)
            {
                if (leg.Waiting is null && !leg.Ledger.IsLost)
                {
                    return true;
                }
            }

            if (!await ReopenAsync(leg))
            {
                return false;
            }
        }
    }

    /// <summary>Whether more can be read while a reply is waited for; only so is it seen that a client leaves.</summary>
    private bool CanReadAhead()
    {
        if (client.IsFull && client.Buffer.Length < MaxReadAheadBytes)
        {
            client.Grow();
        }

        return !client.IsFull;
    }

    /// <summary>
    /// Waits for replies while no more can be read, because the client has sent so much ahead: then its end cannot be read either, and is looked for
    /// now and then.
    /// </summary>
    /// <returns>Whether the client left first.</returns>
    private async Task<bool> LeavesBeforeAsync(Task replies)
    {
        using var over = new CancellationTokenSource();
        while (await Task.WhenAny(replies, Task.Delay(LookInterval, session.Clock, over.Token)) != replies)
        {
            if (client.HasLeft)
            {
                return true;
            }
        }

        await over.CancelAsync();
        return false;
    }
}
