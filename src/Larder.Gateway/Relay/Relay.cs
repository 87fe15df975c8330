using System.Buffers;
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
///            |                     | other primary, idle:   ReplyLedger                |
///            |                     | new engine connection       | pairs               |
///   client &lt;-+---------------------+------- ReplyPump &lt;----------+---------------------+--- engine
/// </code>
/// The two sides meet in the ledger's gate. Each link has a ledger and a reply pump of its own; a link that is left is never sent to again.
/// </remarks>
internal sealed class Relay(GatewaySession session, ClientConnection client, RespRequestScanner scanner, CacheRuntime cache)
{
    private readonly SessionSettings _settings = new();
    private volatile Leg _leg = null!;

    /// <summary>One engine connection with what belongs to it.</summary>
    private sealed record Leg(EngineLink Link, ReplyLedger Ledger)
    {
        public Task<ReplyPumpEnd> Replies { get; set; } = null!;
    }

    /// <summary>Whether the client waits for something, so that its silence is not idleness.</summary>
    public bool IsWaiting
    {
        get
        {
            var leg = _leg;
            lock (leg.Ledger.Gate)
            {
                return leg.Ledger.IsWaiting;
            }
        }
    }

    /// <summary>Takes over a link on which the gateway has authenticated.</summary>
    /// <param name="link">The link; owned from here on.</param>
    /// <param name="protocol">2 or 3.</param>
    /// <param name="clientName">What HELLO set, or <c>null</c>.</param>
    public void Begin(EngineLink link, int protocol, byte[]? clientName)
    {
        _settings.Protocol = protocol;
        if (clientName is { Length: <= SessionSettings.MaxValueBytes })
        {
            _settings.Apply(new SettingChange(ClientSetting.Name, clientName));
        }

        var ledger = new ReplyLedger(_settings) { IsPinned = clientName is { Length: > SessionSettings.MaxValueBytes } };
        _leg = new Leg(link, ledger);
        _leg.Replies = RunRepliesAsync(_leg);
    }

    /// <summary>Runs until the session is over or the client is a stranger again.</summary>
    /// <returns>Which of it.</returns>
    public async Task<RelayEnd> RunAsync()
    {
        var batcher = NewBatcher(_leg);
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
                var leg = _leg;
                if (!await BeginBatchAsync())
                {
                    return RelayEnd.Over;
                }

                if (!ReferenceEquals(leg, _leg))
                {
                    batcher.Dispose();
                    batcher = NewBatcher(_leg);
                }

                var end = await SendBatchAsync(_leg, batcher);
                switch (end)
                {
                    case BatchEnd.GoOn:
                        break;
                    case BatchEnd.Hang:
                        session.RequestClose(CloseReason.HostileRequest);
                        return RelayEnd.Broken;
                    case BatchEnd.EndRequests:
                        session.NoteReason(CloseReason.ProtocolError);
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
            batcher.Dispose();
            _leg.Link.Dispose();
            _leg.Ledger.Close();
            await _leg.Replies;
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

        if (!TryLeave(leg))
        {
            session.RequestClose(CloseReason.NewPrimary);
        }
    }

    private RequestBatcher NewBatcher(Leg leg) =>
        new(client, scanner, new CommandDoor(leg.Ledger, leg.Link.Primary, session.FindKey, session.Counters), session.Counters);

    /// <summary>Waits for a primary with a fresh view and an engine connection to it; reserves that connection for a batch.</summary>
    private async Task<bool> BeginBatchAsync()
    {
        var started = session.Clock.GetTimestamp();
        while (!session.IsClosing)
        {
            var leg = _leg;
            if (cache.FreshPrimary() is { } primary)
            {
                if (leg.Link.LeadsTo(primary))
                {
                    lock (leg.Ledger.Gate)
                    {
                        if (leg.Ledger.IsOpen)
                        {
                            leg.Ledger.IsSending = true;
                            return true;
                        }
                    }
                }

                if (!TryLeave(leg))
                {
                    session.RequestClose(CloseReason.NewPrimary);
                    return false;
                }

                if (await TryReopenAsync(leg, primary))
                {
                    continue;
                }
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

    /// <summary>Leaves a link for good, if nobody would notice.</summary>
    private static bool TryLeave(Leg leg)
    {
        lock (leg.Ledger.Gate)
        {
            if (leg.Ledger.IsOpen && !leg.Ledger.IsMovable)
            {
                return false;
            }

            leg.Ledger.IsOpen = false;
        }

        leg.Link.Dispose();
        return true;
    }

    private async Task<bool> TryReopenAsync(Leg left, PrimaryRoute primary)
    {
        await left.Replies;
        if (session.IsClosing)
        {
            return false;
        }

        var handshake = new ArrayBufferWriter<byte>();
        var count = _settings.WriteHandshake(handshake, primary);
        if (await session.OpenLinkAsync(primary, handshake.WrittenMemory, count) is not (EngineLink link, _, false))
        {
            return false;
        }

        var leg = new Leg(link, new ReplyLedger(_settings));
        leg.Replies = RunRepliesAsync(leg);
        _leg = leg;
        session.Counters.Moved();
        if (session.IsClosing)
        {
            link.Dispose(); // It was asked for while the old link was the current one.
        }

        return true;
    }

    /// <summary>The client sends no more: so the engine is told, and what it still answers is given.</summary>
    private async Task<RelayEnd> EndRequestsAsync()
    {
        session.NoteReason(CloseReason.ClientClosed);
        var leg = _leg;
        leg.Link.EndRequests();
        try
        {
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
    private async Task<ReplyPumpEnd> RunRepliesAsync(Leg leg)
    {
        var end = await new ReplyPump(leg.Link, leg.Ledger, client, session.NoteActivity).RunAsync();
        switch (end)
        {
            case ReplyPumpEnd.EngineClosed:
                if (!TryLeave(leg))
                {
                    session.RequestClose(CloseReason.EngineClosed);
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
}
