using System.Collections.Immutable;
using Larder.Gateway.Listening;
using Larder.Gateway.Routing;
using Larder.Gateway.Sessions;
using Larder.Gateway.Transport;
using Larder.Gateway.Transport.Tls;
using Larder.Model.Routing;
using Microsoft.Extensions.Logging;

namespace Larder.Gateway;

/// <summary>
/// The only door for clients. It follows the route tables that it is given, and knows nothing else: opens and closes listeners, swaps
/// certificates and keys, and leads sessions to the primaries. Thread-safe.
/// </summary>
public sealed partial class GatewayServer : IGatewayHold, IAsyncDisposable
{
    private readonly IRouteSource _routes;
    private readonly SessionServices _services;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, CacheRuntime> _caches = new(StringComparer.Ordinal);
    private readonly Dictionary<ListenEndpoint, Listener> _listeners = [];
    private readonly List<Listener> _retired = [];
    private readonly CancellationTokenSource _stop = new();
    private Task _loops = Task.CompletedTask;

    /// <summary>Makes a gateway; call <see cref="StartAsync"/> next.</summary>
    /// <param name="routes">What it serves.</param>
    /// <param name="options">Its settings.</param>
    /// <param name="clock">The clock; leader views are measured in its timestamps.</param>
    /// <param name="loggers">The log.</param>
    public GatewayServer(IRouteSource routes, GatewayOptions options, TimeProvider clock, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(loggers);
        _routes = routes;
        var logger = loggers.CreateLogger("Larder.Gateway");
        _services = new SessionServices(options, new GatewayCounters(), clock, logger, new EventLoops(options.EventLoops, logger));
    }

    /// <summary>Begins to serve what the current table says; its listeners are open, or known not to be, when it returns.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var table = _routes.Current;
        await ApplyAsync(table);
        _loops = Task.WhenAll(Task.Run(() => FollowAsync(table), CancellationToken.None), Task.Run(SweepAsync, CancellationToken.None));
    }

    /// <summary>Closes all listeners, then all sessions in order; what does not end within the close grace is broken off.</summary>
    /// <param name="cancellationToken">Breaks everything off at once.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _loops;
        List<Listener> listeners;
        List<CacheRuntime> caches;
        lock (_gate)
        {
            listeners = [.. _listeners.Values, .. _retired];
            caches = [.. _caches.Values];
        }

        await Task.WhenAll(listeners.Select(listener => listener.StopAsync()));
        caches.ForEach(cache => cache.Dismiss());
        var clients = Task.WhenAll(listeners.SelectMany(listener => listener.Clients));
        try
        {
            await clients.WaitAsync(_services.Options.CloseGrace * 2, _services.Clock, cancellationToken);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            caches.SelectMany(cache => cache.Sessions).ToList().ForEach(session => session.Abort());
            await clients; // What is broken off ends at once.
        }

        caches.ForEach(cache => cache.Close());
    }

    /// <summary>What it is doing now.</summary>
    /// <returns>Listeners, caches, counters.</returns>
    public GatewaySnapshot Snapshot()
    {
        lock (_gate)
        {
            return new GatewaySnapshot(
                [.. _listeners.Values
                    .Where(listener => listener.Problem is not null)
                    .OrderBy(listener => listener.Endpoint.Port)
                    .Select(listener => new ListenerSnapshot(listener.Endpoint, listener.Problem!))],
                [.. _caches.Values.Select(cache => new CacheSnapshot(
                    cache.Route.Cache, cache.SessionCount, cache.Sessions.Count(session => session.IsAuthenticated), cache.Find(EngineAim.Primary)?.Epoch,
                    cache.Sessions.Count(session => session.IsBusy), !ReferenceEquals(cache.Effects, Commands.CommandEffects.BeforeEngine)))],
                _services.Counters.Read());
        }
    }

    /// <inheritdoc/>
    public Task<bool> HoldAsync(string cache, HoldReason reason, TimeSpan limit, CancellationToken cancellationToken)
    {
        if (Find(cache) is not { } runtime)
        {
            return Task.FromResult(true);
        }

        runtime.Hold(reason, limit);
        return PollAsync(() => runtime.AreLanesQuiet(null) && runtime.Sessions.All(session => session.IsQuiet), limit, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<bool> FollowAsync(string cache, long epoch, TimeSpan limit, CancellationToken cancellationToken) => PollAsync(
        () => Find(cache) is not { } runtime
            || (runtime.Route.Primary is { } primary && primary.Epoch >= epoch && runtime.Sessions.All(session => session.IsSettled)),
        limit,
        cancellationToken);

    /// <inheritdoc/>
    public void Release(string cache) => Find(cache)?.Resume();

    /// <inheritdoc/>
    public Task<bool> HoldShardAsync(string cache, int shard, HoldReason reason, TimeSpan limit, CancellationToken cancellationToken)
    {
        if (Find(cache) is not { Cluster: not null } runtime)
        {
            return HoldAsync(cache, reason, limit, cancellationToken);
        }

        runtime.HoldShard(shard, reason, limit);
        return PollAsync(
            () => runtime.AreLanesQuiet(shard) && runtime.Sessions.All(session => session.IsQuiet || (!session.IsGathering && runtime.ShardOf(session.Aim) != shard)), limit, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<bool> FollowShardAsync(string cache, int shard, long epoch, TimeSpan limit, CancellationToken cancellationToken) =>
        Find(cache) is not { Cluster: not null }
            ? FollowAsync(cache, epoch, limit, cancellationToken)
            : PollAsync(
                () => Find(cache) is not { } runtime
                    || (runtime.Route.Shards.FirstOrDefault(one => one.Shard == shard)?.Primary is { } primary && primary.Epoch >= epoch
                        && runtime.Sessions.All(session => runtime.ShardOf(session.Aim) != shard || session.IsSettled || IsOfNodeInWaiting(runtime, session.Aim))),
                limit,
                cancellationToken);

    /// <inheritdoc/>
    public void ReleaseShard(string cache, int shard)
    {
        if (Find(cache) is { Cluster: not null } runtime)
        {
            runtime.ResumeShard(shard);
        }
        else
        {
            Release(cache);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        _stop.Dispose();
        _services.Loops.Dispose();
    }

    // The old primary's own port: it serves again once that node is known to follow, which is after the handover, so that nobody may wait for it.
    private static bool IsOfNodeInWaiting(CacheRuntime runtime, EngineAim aim) => aim.Node is not null && runtime.Find(aim) is null;

    private CacheRuntime? Find(string cache)
    {
        lock (_gate)
        {
            return _caches.GetValueOrDefault(cache);
        }
    }

    /// <summary>
    /// Looks each millisecond: a handover is rare and short, while a signal for it would have to be raised at every single reply.
    /// </summary>
    private async Task<bool> PollAsync(Func<bool> reached, TimeSpan limit, CancellationToken cancellationToken)
    {
        var started = _services.Clock.GetTimestamp();
        while (!reached())
        {
            if (_services.Clock.GetElapsedTime(started) >= limit)
            {
                return false;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(1), _services.Clock, cancellationToken);
        }

        return true;
    }

    private async Task FollowAsync(RouteTable table)
    {
        try
        {
            while (true)
            {
                table = await _routes.WaitForChangeAsync(table, _stop.Token);
                await ApplyAsync(table);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // As asked.
        }
    }

    /// <summary>Closes silent sessions, and gives memory back, at a twentieth of the idle limit.</summary>
    private async Task SweepAsync()
    {
        var trim = new MemoryTrim(() => _services.Counters.Read().Accepted, () => Environment.CpuUsage.TotalTime, _services.Clock, () => MemoryTrim.Give(_services.Logger));
        try
        {
            using var timer = new PeriodicTimer(_services.Options.IdleLimit / 20, _services.Clock);
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                List<GatewaySession> sessions;
                lock (_gate)
                {
                    sessions = [.. _caches.Values.SelectMany(cache => cache.Sessions)];
                }

                sessions.ForEach(session => session.CloseIfIdle());
                trim.Look();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // As asked.
        }
    }

    private async Task ApplyAsync(RouteTable table)
    {
        var closing = new List<Listener>();
        var leaving = new List<GatewaySession>();
        lock (_gate)
        {
            foreach (var route in table.Caches)
            {
                Apply(route);
            }

            var wanted = table.Caches.Select(route => route.Cache).ToHashSet(StringComparer.Ordinal);
            foreach (var name in _caches.Keys.Where(name => !wanted.Contains(name)).ToList())
            {
                leaving.AddRange(_caches[name].Sessions);
                _caches[name].Close();
                _caches.Remove(name);
            }

            var endpoints = _caches.Values.SelectMany(cache => cache.Route.Listen).ToHashSet();
            foreach (var endpoint in _listeners.Keys.Where(endpoint => !endpoints.Contains(endpoint)).ToList())
            {
                closing.Add(_listeners[endpoint]);
                _retired.Add(_listeners[endpoint]);
                _listeners.Remove(endpoint);
            }

            var caches = _caches.Values.OrderBy(cache => cache.Route.Cache, StringComparer.OrdinalIgnoreCase).ToImmutableArray();
            // A session stays where its cache is still served through its listener.
            leaving.AddRange(caches.SelectMany(cache => cache.Sessions.Where(session => !cache.Route.Listen.Contains(session.Endpoint))));
            foreach (var endpoint in endpoints)
            {
                var served = new EndpointCaches(endpoint, caches);
                if (_listeners.TryGetValue(endpoint, out var listener))
                {
                    listener.Caches = served;
                }
                else
                {
                    listener = new Listener(endpoint, served, _services);
                    _listeners.Add(endpoint, listener);
                    listener.Start();
                }
            }

            _retired.RemoveAll(retired => !closing.Contains(retired) && !retired.Clients.Any());
        }

        leaving.ForEach(session => session.RequestClose(CloseReason.RouteRemoved));
        await Task.WhenAll(closing.Select(listener => listener.StopAsync()));
    }

    private void Apply(CacheRoute route)
    {
        try
        {
            if (_caches.TryGetValue(route.Cache, out var cache))
            {
                cache.Apply(route);
            }
            else
            {
                _caches.Add(route.Cache, new CacheRuntime(route, _services.Clock, _services.Options.SharesConnections));
            }
        }
        catch (Exception exception) when (exception is System.Security.Cryptography.CryptographicException or TlsException)
        {
            // The certificate that was in use goes on being used; a new cache is not served until its certificate is mended.
            Log.CertificateUnusable(_services.Logger, route.Cache, exception.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5200, LogLevel.Error, "{Cache}: its certificate cannot be used for TLS: {Problem}")]
        public static partial void CertificateUnusable(ILogger logger, string cache, string problem);
    }
}
