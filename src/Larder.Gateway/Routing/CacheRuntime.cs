using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Larder.Gateway.Authentication;
using Larder.Gateway.Clusters;
using Larder.Gateway.Commands;
using Larder.Gateway.Lanes;
using Larder.Gateway.Notices;
using Larder.Gateway.Relay;
using Larder.Gateway.Sessions;
using Larder.Gateway.Transport;
using Larder.Gateway.Transport.Tls;
using Larder.Model.Routing;
using Larder.Model.Specs;
using Larder.Resp;

namespace Larder.Gateway.Routing;

/// <summary>A cache as it is now: its route, which is replaced whole, its TLS settings, and its sessions. Thread-safe; one writer.</summary>
internal sealed class CacheRuntime
{
    /// <summary>How often a cache with waiting commands looks whether its view was renewed: renewals come without a new table.</summary>
    private static readonly TimeSpan PulseInterval = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan LearnLimit = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _clock;
    private readonly bool _sharing;
    private readonly ConcurrentDictionary<long, GatewaySession> _sessions = new();
    private readonly CacheNotices _notices;
    private readonly Lock _pulseGate = new();
    private volatile CacheRoute _route;
    private volatile TlsContext _tls;
    private volatile bool _held;
    private volatile ClusterView? _cluster;
    private readonly ConcurrentDictionary<int, bool> _heldShards = new();
    private volatile bool _dismissing;
    private volatile CommandEffects _effects = CommandEffects.BeforeEngine;
    private volatile Task _learning = Task.CompletedTask;
    private readonly ConcurrentDictionary<(EventLoop Loop, int Protocol, string? User, EngineAim Aim), Lane> _lanes = new();
    private long _learntEpoch;
    private TaskCompletionSource? _pulse;
    private ITimer? _pulseTimer;
    private int _count;

    /// <summary>A cache that was not served before.</summary>
    /// <param name="route">Its route.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="sharing">Whether commands may share engine connections at all.</param>
    /// <exception cref="Exception">The certificate cannot be used.</exception>
    public CacheRuntime(CacheRoute route, TimeProvider clock, bool sharing)
    {
        _sharing = sharing;
        _clock = clock;
        _route = route;
        _cluster = route.IsClustered ? new ClusterView(route) : null;
        _tls = TlsContext.Create(route.Certificate, route.CertificateChain);
        _notices = new CacheNotices(_sessions.Select(entry => entry.Value), clock);
        _notices.OnRoute(route);
    }

    /// <summary>The newest route.</summary>
    public CacheRoute Route => _route;

    /// <summary>How long commands wait for a primary before their connection is closed.</summary>
    public TimeSpan HoldLimit => TimeSpan.FromMilliseconds(_route.Failover.HoldMs);

    /// <summary>Which commands only read, as the newest engine has told.</summary>
    public CommandEffects Effects => _effects;

    /// <summary>Asks an engine for its commands, unless it has been asked already. What it does not tell is taken for writing.</summary>
    /// <param name="primary">The engine.</param>
    /// <returns>Completes when it has told, or does not; never fails.</returns>
    public Task LearnAsync(PrimaryRoute primary)
    {
        // All nodes of a cluster run the same version; their epochs are their shards' own.
        var isKnown = _cluster is not null && !ReferenceEquals(_effects, CommandEffects.BeforeEngine);
        if (!isKnown && Interlocked.Exchange(ref _learntEpoch, primary.Epoch) != primary.Epoch)
        {
            _learning = AskAsync(primary);
        }

        return _learning;
    }

    /// <summary>What new handshakes use.</summary>
    public TlsContext Tls => _tls;

    /// <summary>The sessions there are.</summary>
    public IEnumerable<GatewaySession> Sessions => _sessions.Values;

    /// <summary>How many sessions there are.</summary>
    public int SessionCount => Volatile.Read(ref _count);

    /// <summary>
    /// Whether commands may share engine connections: the engine has told which, and no reply is kept back for an acknowledgement, which would hold up all
    /// those behind it.
    /// </summary>
    public bool Shares => _sharing && _route.Durability == DurabilityMode.Async && !ReferenceEquals(_effects, CommandEffects.BeforeEngine);

    /// <summary>The shared engine connection for clients of one loop, protocol and user.</summary>
    /// <param name="loop">The loop.</param>
    /// <param name="protocol">2 or 3.</param>
    /// <param name="user">The engine user; <c>null</c> for <c>default</c>.</param>
    /// <param name="aim">Which engine.</param>
    /// <param name="services">What sessions share.</param>
    public Lane LaneOf(EventLoop loop, int protocol, string? user, EngineAim aim, SessionServices services) => _lanes.GetOrAdd(
        (loop, protocol, user, aim), static (key, state) => new Lane(state.Cache, key.Loop, key.Protocol, key.User, key.Aim, state.Services),
        (Cache: this, Services: services));

    /// <summary>Prepares the shared engine connection for a client.</summary>
    /// <param name="loop">The client's loop.</param>
    /// <param name="protocol">2 or 3.</param>
    /// <param name="user">The engine user; <c>null</c> for <c>default</c>.</param>
    /// <param name="aim">Which engine.</param>
    /// <param name="services">What sessions share.</param>
    /// <returns>What the engine answered to HELLO; <c>null</c> where the client needs a connection of its own, or there is none yet.</returns>
    public async ValueTask<byte[]?> GreetAsync(EventLoop loop, int protocol, string? user, EngineAim aim, SessionServices services)
    {
        if (!_sharing || _route.Durability != DurabilityMode.Async)
        {
            return null;
        }

        var lane = LaneOf(loop, protocol, user, aim, services);
        if (lane.Greeting is null)
        {
            await lane.PrepareAsync();
        }

        return Shares ? lane.Greeting : null;
    }

    /// <summary>Whether nothing of shared connections is under way.</summary>
    /// <param name="shard">Those of one shard of a clustered cache; <c>null</c> for all.</param>
    public bool AreLanesQuiet(int? shard) => _lanes.Where(entry => shard is null || ShardOf(entry.Key.Aim) == shard).All(entry => entry.Value.IsQuiet);

    /// <summary>Ends the shared connections; the cache is served no more.</summary>
    public void Close()
    {
        foreach (var lane in _lanes.Values)
        {
            lane.Close();
        }
    }

    /// <summary>Whether no new commands may go to an engine, because a handover is under way.</summary>
    /// <param name="aim">The engine.</param>
    public bool IsHeld(EngineAim aim) => _held || (!_heldShards.IsEmpty && ShardOf(aim) is { } shard && _heldShards.ContainsKey(shard));

    /// <summary>Holds new commands of one shard of a clustered cache. Clients that want to know of a handover are told before.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="reason">Why.</param>
    /// <param name="limit">How long it may take.</param>
    public void HoldShard(int shard, HoldReason reason, TimeSpan limit)
    {
        if (reason == HoldReason.Handover)
        {
            _notices.OnHandover(shard, limit);
        }

        _heldShards[shard] = true;
    }

    /// <summary>Ends <see cref="HoldShard"/>.</summary>
    /// <param name="shard">The shard.</param>
    public void ResumeShard(int shard)
    {
        _notices.OnRelease(shard);
        _heldShards.TryRemove(shard, out _);
        Pulse();
    }

    /// <summary>A clustered cache's nodes as clients see them; <c>null</c> for other caches.</summary>
    public ClusterView? Cluster => _cluster;

    /// <summary>The shard of a clustered cache that an engine belongs to.</summary>
    /// <param name="aim">The engine.</param>
    public int? ShardOf(EngineAim aim) => _cluster?.ShardOf(aim);

    /// <summary>The way to an engine, whether or not the view of its leader may be used now.</summary>
    /// <param name="aim">The engine.</param>
    public PrimaryRoute? Find(EngineAim aim) => _cluster is { } cluster ? cluster.Find(aim) : _route.Primary;

    /// <summary>Holds new commands; those under way are answered. Clients that want to know of a handover are told before.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="limit">How long it may take.</param>
    public void Hold(HoldReason reason, TimeSpan limit)
    {
        if (reason == HoldReason.Handover)
        {
            _notices.OnHandover(0, limit);
        }

        _held = true;
    }

    /// <summary>Lets commands through again.</summary>
    public void Resume()
    {
        _notices.OnRelease(0);
        _held = false;
        Pulse();
    }

    /// <summary>The way to an engine, where there is one and the view of its leader may be used now.</summary>
    /// <param name="aim">The engine.</param>
    public PrimaryRoute? FindFresh(EngineAim aim) => Find(aim) is { } primary && primary.ViewDeadline.IsFresh(_clock.GetTimestamp()) ? primary : null;

    /// <summary>Takes a session in.</summary>
    /// <param name="session">The session.</param>
    /// <returns>Whether the cache may have one more.</returns>
    public bool TryAdd(GatewaySession session)
    {
        if (Interlocked.Increment(ref _count) > _route.MaxClients)
        {
            Interlocked.Decrement(ref _count);
            return false;
        }

        _sessions[session.Id] = session;
        Interlocked.MemoryBarrier(); // Dismiss does the same the other way round: one of the two sees the other.
        if (_dismissing)
        {
            session.RequestClose(CloseReason.GatewayStopped);
        }
        else if (!Admits(session.RemoteAddress))
        {
            session.RequestClose(CloseReason.Firewall);
        }

        return true;
    }

    /// <summary>Whether a client may come from an address.</summary>
    /// <param name="address">The address.</param>
    public bool Admits(IPAddress address) => _route.Firewall is { IsEmpty: true } || _route.Firewall.Any(range => range.Contains(address));

    /// <summary>Asks all sessions to end, and those that are yet to come: a handshake may be under way.</summary>
    public void Dismiss()
    {
        _dismissing = true;
        Interlocked.MemoryBarrier(); // TryAdd does the same the other way round: one of the two sees the other.
        foreach (var session in _sessions.Values)
        {
            session.RequestClose(CloseReason.GatewayStopped);
        }
    }

    /// <summary>Forgets a session that was taken in.</summary>
    /// <param name="session">The session.</param>
    public void Remove(GatewaySession session)
    {
        if (_sessions.TryRemove(session.Id, out _))
        {
            Interlocked.Decrement(ref _count);
        }
    }

    /// <summary>Replaces the route and tells the sessions.</summary>
    /// <param name="route">The new route.</param>
    /// <exception cref="Exception">The new certificate cannot be used; nothing has changed but the rest of the route.</exception>
    public void Apply(CacheRoute route)
    {
        var before = _route;
        _cluster = route.IsClustered ? new ClusterView(route) : null;
        _route = route;
        if (before.IsClustered && !route.IsClustered)
        {
            _heldShards.Clear();
        }

        Interlocked.MemoryBarrier(); // A session that notes its key does the same the other way round: one of the two sees the other.
        foreach (var session in _sessions.Values)
        {
            session.OnRoute(route);
        }

        foreach (var (key, lane) in _lanes)
        {
            if (key.User is { } user && !route.Users.Any(known => known.Name == user) && _lanes.TryRemove(new(key, lane)))
            {
                lane.Close();
            }
            else
            {
                lane.Look();
            }
        }

        _notices.OnRoute(route);
        Pulse();
        if (!ReferenceEquals(before.Certificate, route.Certificate))
        {
            _tls = TlsContext.Create(route.Certificate, route.CertificateChain);
        }
    }

    /// <summary>Completes when the route changed, or after a moment, when it is worth looking again whether the view is fresh.</summary>
    public Task PulseAsync()
    {
        lock (_pulseGate)
        {
            if (_pulse is null)
            {
                _pulse = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _pulseTimer = _clock.CreateTimer(static state => ((CacheRuntime)state!).Pulse(), this, PulseInterval, Timeout.InfiniteTimeSpan);
            }

            return _pulse.Task;
        }
    }

    /// <summary>Wakes all who wait.</summary>
    public void Pulse()
    {
        TaskCompletionSource? pulse;
        lock (_pulseGate)
        {
            (pulse, _pulse) = (_pulse, null);
            _pulseTimer?.Dispose();
            _pulseTimer = null;
        }

        pulse?.SetResult();
    }

    private async Task AskAsync(PrimaryRoute primary)
    {
        using var deadline = new CancellationTokenSource(LearnLimit, _clock);
        try
        {
            using var link = await EngineLink.OpenAsync(primary, deadline.Token);
            var commands = new ArrayBufferWriter<byte>();
            Credentials.WriteAuth(commands, primary, AccessGrant.Gateway);
            RespWriter.WriteCommandHeader(commands, 1);
            RespWriter.WriteBulk(commands, "COMMAND"u8);
            if (await EngineHandshake.ExchangeAsync(link, new HandshakeOrder(commands.WrittenMemory, Required: 2), deadline.Token) is { Failed: false } reply
                && CommandEffects.Read(reply.Replies.AsSpan()[(reply.Replies.AsSpan().IndexOf((byte)'\n') + 1)..]) is { } effects)
            {
                _effects = effects;
                return;
            }
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // An engine that ends is replaced, and the next one is asked.
        }

        Interlocked.CompareExchange(ref _learntEpoch, 0, primary.Epoch);
    }
}
