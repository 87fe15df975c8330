using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Larder.Gateway.Authentication;
using Larder.Gateway.Clients;
using Larder.Gateway.Clusters;
using Larder.Gateway.Commands;
using Larder.Gateway.Lanes;
using Larder.Gateway.Notices;
using Larder.Gateway.Relay;
using Larder.Gateway.Routing;
using Larder.Model.Routing;
using Larder.Resp.Requests;
using Microsoft.Extensions.Logging;

namespace Larder.Gateway.Sessions;

/// <summary>One client's session with one cache, from its first byte to its last.</summary>
/// <remarks>
/// <code>
/// stranger --AUTH or HELLO with a key--> relay --RESET--> stranger
///     |                                    |
///     +--QUIT, end, refusal----------------+--end, close--> closed in order, or broken off
/// </code>
/// <see cref="RequestClose"/> may come from anywhere: it stops the reading and the engine connection, and the session's own loop does the rest.
/// </remarks>
internal sealed partial class GatewaySession
{
    /// <summary>More than one change of the primary has, and more than comes while a connection is opened.</summary>
    private const int MaxMissed = 16;

    private static readonly TimeSpan LinkTimeout = TimeSpan.FromSeconds(2);

    private readonly ClientConnection _client;
    private readonly CacheRuntime _cache;
    private readonly RespRequestScanner _scanner = new(RespRequestLimits.Stranger);
    private readonly ILogger _logger;
    private volatile Relay.Relay? _relay;
    private volatile SharedSession? _shared;
    private volatile AccessGrant? _grant;
    private readonly List<Notice> _missed = [];
    private ITimer? _deadline;
    private long _lastActivity;
    private readonly long _started;
    private volatile SessionSettings? _settings;
    private volatile bool _killed;
    private TimeSpan _penalty;
    private volatile TaskCompletionSource? _pause;
    private int _closing;
    private int _reason;

    /// <summary>Makes a session; call <see cref="RunAsync"/> next.</summary>
    /// <param name="id">Its id in this gateway.</param>
    /// <param name="endpoint">The listener that it came through.</param>
    /// <param name="client">The client, its TLS handshake done; owned by the session.</param>
    /// <param name="cache">The cache that it asked for.</param>
    /// <param name="services">What sessions share.</param>
    public GatewaySession(long id, ListenEndpoint endpoint, ClientConnection client, CacheRuntime cache, SessionServices services)
    {
        (Id, Endpoint, _client, _cache) = (id, endpoint, client, cache);
        Services = services;
        (Options, Counters, Clock, _logger, _) = services;
        _started = Clock.GetTimestamp();
        Redirects = new Redirects(cache, client.LocalAddress, endpoint.Tls);
        NoteActivity();
    }

    /// <summary>Its id in this gateway.</summary>
    public long Id { get; }

    /// <summary>The listener that it came through.</summary>
    public ListenEndpoint Endpoint { get; }

    /// <summary>What sessions share.</summary>
    public SessionServices Services { get; }

    /// <summary>The gateway's settings.</summary>
    public GatewayOptions Options { get; }

    /// <summary>The gateway's counters.</summary>
    public GatewayCounters Counters { get; }

    /// <summary>The clock.</summary>
    public TimeProvider Clock { get; }

    /// <summary>Whether it has been asked to end.</summary>
    public bool IsClosing => Volatile.Read(ref _closing) != 0;

    /// <summary>Whether its client has given a valid key.</summary>
    public bool IsAuthenticated => _grant is not null;

    /// <summary>What the client's key has opened; the gateway's own rights before there is one, for nothing is done with them then.</summary>
    public AccessGrant Grant => _grant ?? AccessGrant.Gateway;

    /// <summary>Which engine it means.</summary>
    public EngineAim Aim => Endpoint.NodeOrdinal is { } node ? new EngineAim(node) : new EngineAim(null, Shard);

    /// <summary>Of a client that knows nothing of shards: the one that its last command was for, or that its engine connection belongs to.</summary>
    public int? Shard { get; set; }

    /// <summary>Whether a shard has sent a command elsewhere since the last route: the next large one is kept until it is answered, so that it can be given there.</summary>
    public bool HasMetMovingSlots { get; set; }

    /// <summary>Whether its commands are sent to the shards of their keys, since it has come by the port of the whole cache.</summary>
    public bool IsRouted => Endpoint.NodeOrdinal is null && _cache.Cluster is not null;

    /// <summary>Gives its redirections addresses that it can follow.</summary>
    public Redirects Redirects { get; }

    /// <summary>Where the client comes from.</summary>
    public IPAddress RemoteAddress => _client.Connection.Remote.Address;

    /// <summary>Runs the session to its end. Does not throw for what a client or an engine does.</summary>
    public async Task RunAsync()
    {
        var deliver = true;
        try
        {
            if (!_cache.TryAdd(this))
            {
                Counters.Refused();
                NoteReason(CloseReason.TooManyClients);
                await _client.WriteAsync(Replies.MaxClients.ToArray());
                return;
            }

            deliver = await ServeAsync();
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            NoteReason(CloseReason.ClientBroke);
            deliver = false;
        }
        finally
        {
            _cache.Remove(this);
            if (deliver)
            {
                await _client.CloseAsync(Options.CloseGrace, Clock);
            }

            _client.Dispose();
            _deadline?.Dispose();
            Log.SessionEnded(_logger, _cache.Route.Cache, Id, (CloseReason)_reason);
        }
    }

    /// <summary>Notes that bytes went one way or the other.</summary>
    public void NoteActivity() => Volatile.Write(ref _lastActivity, Clock.GetTimestamp());

    /// <summary>Notes why the session ends; the first reason counts.</summary>
    /// <param name="reason">The reason.</param>
    public void NoteReason(CloseReason reason) => Interlocked.CompareExchange(ref _reason, (int)reason, (int)CloseReason.None);

    /// <summary>Notes that the engine sent something that no command asked for.</summary>
    public void NoteUnexpectedReply() => Log.UnexpectedReply(_logger, _cache.Route.Cache, Id);

    /// <summary>Whether nothing of it is under way that another primary could not be given.</summary>
    public bool IsQuiet => _relay is not { } relay || relay.IsQuiet;

    /// <summary>Whether a command of it is under way at several shards.</summary>
    public bool IsGathering => _relay is { IsGathering: true };

    /// <summary>Whether what happens to a shard's primary may concern its client.</summary>
    /// <param name="shard">The shard; 0 of an unclustered cache.</param>
    public bool IsConcernedBy(int shard) => Endpoint.NodeOrdinal is not { } node || _cache.ShardOf(new EngineAim(node)) == shard;

    /// <summary>Whether something of it is under way, sent or not.</summary>
    public bool IsBusy => !IsQuiet || _shared is { IsWaiting: true };

    /// <summary>Whether it is where the route leads, or need not be yet.</summary>
    public bool IsSettled => IsClosing || _relay is not { } relay || (_cache.Find(Aim) is { } primary && relay.IsSettledOn(primary));

    /// <summary>Asks the session to end. Thread-safe; asking again does nothing.</summary>
    /// <param name="reason">Why.</param>
    public void RequestClose(CloseReason reason)
    {
        NoteReason(reason);
        if (Interlocked.Exchange(ref _closing, 1) == 0)
        {
            _relay?.CloseLink();
            _shared?.Close();
            _client.StopReading();
            _pause?.TrySetResult();

            // A client that takes nothing would hold up the replies under way, and with them the end.
            _deadline = Clock.CreateTimer(static session => ((GatewaySession)session!).Abort(), this, Options.CloseGrace * 2, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Breaks the session off at once.</summary>
    public void Abort() => _client.Abort();

    /// <summary>Ends the session where it has been silent for too long and waits for nothing.</summary>
    public void CloseIfIdle()
    {
        if (Clock.GetElapsedTime(Volatile.Read(ref _lastActivity)) >= Options.IdleLimit && _relay is not { IsWaiting: true } && _shared is not { IsWaiting: true })
        {
            RequestClose(CloseReason.Idle);
        }
    }

    /// <summary>Tells the client something about its cache, if it asked for that. Thread-safe.</summary>
    /// <param name="notice">The notice.</param>
    public void Notify(Notice notice)
    {
        lock (_missed)
        {
            if (_relay is { } relay)
            {
                if (!relay.Notify(notice))
                {
                    Miss(notice); // It goes over to a shared engine connection at this moment.
                }
            }
            else if (_shared is { } shared)
            {
                shared.Notify(notice);
            }
            else
            {
                Miss(notice);
            }
        }
    }

    /// <summary>Keeps a notice for whoever speaks to the client next: it is between a shared engine connection and one of its own.</summary>
    /// <param name="notice">The notice.</param>
    public void Miss(Notice notice)
    {
        lock (_missed)
        {
            if (_grant is not null && _missed.Count < MaxMissed)
            {
                _missed.Add(notice);
            }
        }
    }

    private void TellMissed()
    {
        lock (_missed)
        {
            var missed = _missed.ToArray();
            _missed.Clear();
            Array.ForEach(missed, Notify);
        }
    }

    /// <summary>A new route of its cache: its key may have been replaced, the primary may be another one.</summary>
    /// <param name="route">The route.</param>
    public void OnRoute(CacheRoute route)
    {
        HasMetMovingSlots = false;
        if (_grant is { } grant && !AccessKeyVerifier.IsValid(route, grant))
        {
            RequestClose(CloseReason.KeyRegenerated);
        }
        else if (!_cache.Admits(RemoteAddress))
        {
            RequestClose(CloseReason.Firewall);
        }
        else if (route.IsClustered && _settings is { Database: not 0 })
        {
            RequestClose(CloseReason.NoDatabase); // The cache has become a cluster: the database that it had selected is no more.
        }
        else if (_cache.Find(Aim) is { } primary)
        {
            _relay?.OnPrimary(primary);
        }
        else
        {
            _relay?.OnNoPrimary();
        }
    }

    /// <summary>What a user and password open. Where they open something, that is what the session may do from now on.</summary>
    /// <param name="user">The user name.</param>
    /// <param name="password">What was given as key.</param>
    /// <returns>The grant, or <c>null</c>.</returns>
    public AccessGrant? FindGrant(ReadOnlySpan<byte> user, ReadOnlySpan<byte> password)
    {
        var grant = AccessKeyVerifier.Find(_cache.Route, user, password);
        if (grant is null)
        {
            NoteFailure();
            return null;
        }

        _grant = grant;
        Interlocked.MemoryBarrier(); // CacheRuntime.Apply does the same the other way round: one of the two sees the other.
        if (!AccessKeyVerifier.IsValid(_cache.Route, grant))
        {
            RequestClose(CloseReason.KeyRegenerated);
        }

        return grant;
    }

    /// <summary>How long the answer to the last wrong key must wait; taken by who gives it.</summary>
    public TimeSpan TakePenalty()
    {
        var penalty = _penalty;
        _penalty = TimeSpan.Zero;
        return penalty;
    }

    /// <summary>Whether it counts among the cache's clients: it is not about to end.</summary>
    public bool IsListed => !_killed && !IsClosing;

    /// <summary>Ends it because a client wants that: nothing that comes from it later is answered.</summary>
    /// <param name="itself">Whether it is its own client, who is still to get the reply.</param>
    public void Kill(bool itself)
    {
        _killed = true;
        if (itself)
        {
            _ = Task.Run(() => RequestClose(CloseReason.Killed));
        }
        else
        {
            RequestClose(CloseReason.Killed);
        }
    }

    /// <summary>What is told of it. Thread-safe.</summary>
    public ClientView View()
    {
        var settings = _settings;
        var view = new ClientView
        {
            Id = settings is { EngineId: > 0 } ? settings.EngineId : LaneHandshake.FirstId + Id,
            Remote = _client.Connection.Remote,
            Local = _client.Connection.Local,
            Descriptor = _client.Connection.Descriptor,
            Age = Clock.GetElapsedTime(_started),
            Idle = Clock.GetElapsedTime(Volatile.Read(ref _lastActivity)),
            User = Grant.User ?? "default",
            Protocol = settings?.Protocol ?? 2,
            Database = settings?.Database ?? 0,
            Command = settings?.LastCommand ?? KnownCommand.NoName,
            Name = settings?.ValueOf(ClientSetting.Name) ?? "",
            LibraryName = settings?.ValueOf(ClientSetting.LibraryName) ?? "",
            LibraryVersion = settings?.ValueOf(ClientSetting.LibraryVersion) ?? "",
            OutputBytes = _client.Connection.BacklogBytes,
        };
        return _relay is { } relay ? relay.Describe(view) : view;
    }

    /// <summary>Does nothing for a while, or until the session is to be closed.</summary>
    /// <param name="time">How long.</param>
    public async Task PauseAsync(TimeSpan time)
    {
        var pause = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _pause = pause;
        Interlocked.MemoryBarrier(); // RequestClose looks for it after it has said so.
        if (!IsClosing)
        {
            await using var timer = Clock.CreateTimer(static state => ((TaskCompletionSource)state!).TrySetResult(), pause, time, Timeout.InfiniteTimeSpan);
            await pause.Task;
        }
    }

    /// <summary>A stranger waits for his answer; whoever is inside already, and tries to be somebody else too often, has to come again.</summary>
    private void NoteFailure()
    {
        Counters.AuthenticationFailed();
        var delay = Services.Throttle.Fail(RemoteAddress);
        if (delay == TimeSpan.Zero)
        {
            return;
        }

        Counters.Throttled();
        if (delay is { } penalty && _grant is null)
        {
            _penalty = penalty;
        }
        else
        {
            Log.Throttled(_logger, _cache.Route.Cache, RemoteAddress);
            RequestClose(CloseReason.Throttled);
        }
    }

    /// <summary>Waits for a primary with a fresh view and has something done with it, again and again until it succeeds; within the hold limit.</summary>
    /// <param name="attempt">What is to be done; false where it is to be tried again in a moment.</param>
    /// <param name="isOver">Whether it is not wanted any more; that the session is to be closed is looked at anyway.</param>
    /// <returns>How it ended. Where the limit is over, it is counted.</returns>
    public async Task<HoldEnd> WithPrimaryAsync(Func<PrimaryRoute, Task<bool>> attempt, Func<bool>? isOver = null)
    {
        var started = Clock.GetTimestamp();
        while (!IsClosing && isOver?.Invoke() != true)
        {
            if (_cache.FindFresh(Aim) is { } primary && await attempt(primary))
            {
                return HoldEnd.Done;
            }

            if (Clock.GetElapsedTime(started) >= _cache.HoldLimit)
            {
                Counters.HoldExpired();
                return HoldEnd.Expired;
            }

            await _cache.PulseAsync();
        }

        return HoldEnd.Over;
    }

    /// <summary>Opens an engine connection and does the first exchange on it.</summary>
    /// <param name="primary">The primary.</param>
    /// <param name="order">The exchange.</param>
    /// <returns>
    /// The connection with the replies; or no connection, with the replies where the engine refused, without them where it cannot be reached.
    /// </returns>
    public async Task<(EngineLink? Link, HandshakeReply? Reply)> OpenLinkAsync(PrimaryRoute primary, HandshakeOrder order)
    {
        using var deadline = new CancellationTokenSource(LinkTimeout, Clock);
        EngineLink? link = null;
        try
        {
            link = await EngineLink.OpenAsync(primary, deadline.Token);
            if (await EngineHandshake.ExchangeAsync(link, order, deadline.Token) is { } exchange)
            {
                if (!exchange.Failed)
                {
                    var opened = link;
                    link = null;
                    _ = _cache.LearnAsync(primary);
                    return (opened, exchange);
                }

                Log.EngineRefused(_logger, _cache.Route.Cache, primary.NodeOrdinal, primary.Epoch, exchange.Refusal);
                return (null, exchange);
            }
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            Log.EngineUnreachable(_logger, _cache.Route.Cache, primary.NodeOrdinal, primary.Epoch, exception.Message);
        }
        finally
        {
            link?.Dispose();
        }

        return (null, null);
    }

    /// <summary>Alternates between stranger and guest until the session is over.</summary>
    /// <returns>Whether what was written last may still be delivered.</returns>
    private async Task<bool> ServeAsync()
    {
        var stranger = new StrangerDoor(this, _client, _scanner, _cache);
        while (true)
        {
            if (await stranger.AdmitAsync() is not { } guest)
            {
                return true;
            }

            _scanner.Limits = RespRequestLimits.Guest;
            var settings = new SessionSettings { Protocol = guest.Protocol, EngineId = guest.EngineId };
            _settings = settings;
            var end = await ServeGuestAsync(guest, settings);
            if (end != RelayEnd.Reset)
            {
                return end == RelayEnd.Over;
            }

            _grant = null;
            lock (_missed)
            {
                _missed.Clear(); // A stranger is told nothing.
            }

            _scanner.Limits = RespRequestLimits.Stranger;
        }
    }

    /// <summary>Alternates between a shared engine connection and one of its own.</summary>
    private async Task<RelayEnd> ServeGuestAsync(Guest guest, SessionSettings settings)
    {
        var (link, name) = (guest.Link, guest.ClientName);
        if (link is null && name is not null)
        {
            settings.Apply(new SettingChange(ClientSetting.Name, name));
        }

        while (true)
        {
            if (link is null)
            {
                // A read that is under way since before RESET belongs to the client's own buffer: the bytes that it brings would be missed by who shares.
                if (!_client.IsReadingAhead && await ShareAsync(settings) is { } over)
                {
                    return over;
                }

                link = await PinAsync(settings);
                name = null;
                if (link is null)
                {
                    return RelayEnd.Over;
                }
            }

            var relay = new Relay.Relay(this, _client, _scanner, _cache, settings);
            relay.Begin(link, name);
            _relay = relay;
            TellMissed();
            if (IsClosing)
            {
                relay.CloseLink(); // It was asked for before there was a link to close.
            }

            var ended = await relay.RunAsync();
            _relay = null;
            link = null;
            settings.EngineId = 0;
            if (ended != RelayEnd.Unpinned)
            {
                return ended;
            }
        }
    }

    /// <summary>Shares an engine connection for as long as the client needs none of its own.</summary>
    /// <returns><c>null</c> when it does, else how the session ended.</returns>
    private async Task<RelayEnd?> ShareAsync(SessionSettings settings)
    {
        var shared = new SharedSession(this, _client, _scanner, _cache, settings, Services);
        _shared = shared;
        TellMissed();
        if (IsClosing)
        {
            shared.Close(); // It was asked for before there was anything to close.
        }

        var end = await shared.RunAsync();
        _shared = null;
        return end switch
        {
            SharedEnd.Pin when !IsClosing => null,
            SharedEnd.Broken => RelayEnd.Broken,
            _ => RelayEnd.Over,
        };
    }

    /// <summary>Gets an engine connection for this session alone; waits for a primary within the hold limit.</summary>
    /// <returns>The connection; <c>null</c> where the session is to be closed.</returns>
    private async Task<EngineLink?> PinAsync(SessionSettings settings)
    {
        EngineLink? pinned = null;
        var end = await WithPrimaryAsync(async primary =>
        {
            var handshake = new ArrayBufferWriter<byte>();
            var required = settings.WriteHandshake(handshake, primary, Grant);
            SessionSettings.WriteIdQuestion(handshake);
            if (settings.HasSharedWrites)
            {
                SessionSettings.WriteOffsetMark(handshake);
            }

            (pinned, var reply) = await OpenLinkAsync(primary, new HandshakeOrder(handshake.WrittenMemory, required, Any: settings.HasSharedWrites ? 2 : 1));
            if (pinned is not null)
            {
                settings.EngineId = ClientIdEditor.Read(reply!.FirstOptional);
                settings.HasSharedWrites = false;
            }

            return pinned is not null;
        });
        if (end == HoldEnd.Expired)
        {
            RequestClose(CloseReason.NoPrimary);
        }

        return pinned;
    }

    private static partial class Log
    {
        [LoggerMessage(5004, LogLevel.Warning, "{Cache}: {Address} fails to authenticate again and again; its connection is closed.")]
        public static partial void Throttled(ILogger logger, string cache, IPAddress address);

        [LoggerMessage(5000, LogLevel.Trace, "{Cache}: session {Session} ended: {Reason}.")]
        public static partial void SessionEnded(ILogger logger, string cache, long session, CloseReason reason);

        [LoggerMessage(5001, LogLevel.Error, "{Cache}: the engine sent session {Session} something that no command asked for; the session is closed.")]
        public static partial void UnexpectedReply(ILogger logger, string cache, long session);

        [LoggerMessage(5002, LogLevel.Error, "{Cache}: node {Node} of epoch {Epoch} refused what the gateway begins a connection with: {Refusal}")]
        public static partial void EngineRefused(ILogger logger, string cache, int node, long epoch, string refusal);

        [LoggerMessage(5003, LogLevel.Debug, "{Cache}: node {Node} of epoch {Epoch} cannot be reached: {Problem}")]
        public static partial void EngineUnreachable(ILogger logger, string cache, int node, long epoch, string problem);
    }
}
