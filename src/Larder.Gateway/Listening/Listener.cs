using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Larder.Gateway.Commands;
using Larder.Gateway.Routing;
using Larder.Gateway.Sessions;
using Larder.Gateway.Transport;
using Larder.Gateway.Transport.Tls;
using Larder.Model.Routing;
using Microsoft.Extensions.Logging;

namespace Larder.Gateway.Listening;

/// <summary>
/// One address and port: opens it, again and again where it cannot be opened, accepts clients, does the TLS handshake, finds out which cache
/// they mean, and runs their sessions.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "Both are without timers and handles here, and clients may outlive the listener.")]
internal sealed partial class Listener
{
    private const int Backlog = 1024;
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(50);
    private static long _lastSessionId;

    private readonly SessionServices _services;
    private readonly SemaphoreSlim _handshakes;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<long, Task> _clients = new();
    private volatile EndpointCaches _caches;
    private volatile string? _problem;
    private Task _loop = Task.CompletedTask;

    /// <summary>Makes a listener; call <see cref="Start"/> next.</summary>
    /// <param name="endpoint">Where it listens.</param>
    /// <param name="caches">The caches that it serves.</param>
    /// <param name="services">What sessions share.</param>
    public Listener(ListenEndpoint endpoint, EndpointCaches caches, SessionServices services)
    {
        Endpoint = endpoint;
        _caches = caches;
        _services = services;
        _handshakes = new SemaphoreSlim(services.Options.MaxConcurrentHandshakes);
    }

    /// <summary>Where it listens.</summary>
    public ListenEndpoint Endpoint { get; }

    /// <summary><c>null</c> before the first attempt, empty while it is open, else why it cannot be opened.</summary>
    public string? Problem => _problem;

    /// <summary>The caches that it serves.</summary>
    public EndpointCaches Caches
    {
        get => _caches;
        set => _caches = value;
    }

    /// <summary>Begins to listen. The first attempt is made before it returns.</summary>
    public void Start()
    {
        var socket = TryOpen();
        _loop = Task.Run(() => RunAsync(socket));
    }

    /// <summary>Closes the port at once. Sessions go on.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _loop;
    }

    /// <summary>The sessions and handshakes that are under way.</summary>
    public IEnumerable<Task> Clients => _clients.Values;

    private async Task RunAsync(Socket? socket)
    {
        var pause = FirstBackOff;
        try
        {
            while (true)
            {
                if (socket is not null)
                {
                    using (socket)
                    {
                        await AcceptAsync(socket);
                    }
                }

                await Task.Delay(pause, _services.Clock, _stop.Token);
                pause = pause * 2 < _services.Options.MaxListenBackOff ? pause * 2 : _services.Options.MaxListenBackOff;
                socket = TryOpen();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // As asked.
        }
    }

    private Socket? TryOpen()
    {
        var socket = new Socket(Endpoint.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(Endpoint.Address, Endpoint.Port));
            socket.Listen(Backlog);
            _problem = "";
            Log.ListenerOpened(_services.Logger, Endpoint.Address, Endpoint.Port, Endpoint.Tls);
            return socket;
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            var problem = $"port {Endpoint.Port} on {Endpoint.Address} cannot be opened: {exception.Message}; it is tried again by itself";
            if (_problem != problem)
            {
                Log.ListenerFailed(_services.Logger, Endpoint.Address, Endpoint.Port, exception.Message);
            }

            _problem = problem;
            return null;
        }
    }

    private async Task AcceptAsync(Socket listening)
    {
        while (true)
        {
            await _handshakes.WaitAsync(_stop.Token);
            Socket client;
            try
            {
                client = await listening.AcceptAsync(_stop.Token);
            }
            catch (SocketException exception)
            {
                // A client that left before it was accepted, or no descriptors left: neither is the listener's end.
                _handshakes.Release();
                Log.AcceptFailed(_services.Logger, Endpoint.Port, exception.Message);
                await Task.Delay(AcceptPause, _services.Clock, _stop.Token);
                continue;
            }
            catch
            {
                _handshakes.Release();
                throw;
            }

            _services.Counters.Accepted();
            var id = Interlocked.Increment(ref _lastSessionId);
            var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _clients[id] = Task.Run(async () =>
            {
                await started.Task;
                try
                {
                    await ServeAsync(id, client);
                }
                catch (Exception exception)
                {
                    // A fault in one session is told with all that is known of it, and is neither the listener's end nor the gateway's.
                    Log.SessionFailed(_services.Logger, exception, Endpoint.Port, id);
                }

                _clients.TryRemove(id, out _);
            });
            started.SetResult();
        }
    }

    private async Task ServeAsync(long id, Socket socket)
    {
        var shaking = true;
        LoopConnection? connection = null;
        ClientConnection? client = null;
        try
        {
            Prepare(socket);
            connection = new LoopConnection(socket, _services.Loops.Next());
            var from = connection.Remote.Address;
            var served = _caches.Caches;

            // No handshake, where it is plain before it that nobody would let the client in. Looked at once: rules may change meanwhile, and whoever goes on has had the handshake.
            var known = served.IsEmpty || served.Any(one => one.Admits(from));
            var cache = known ? await IdentifyAsync(connection) : served[0];
            if (!known || (cache is not null && !cache.Admits(from)))
            {
                _services.Counters.Firewalled();
                Log.Firewalled(_services.Logger, cache!.Route.Cache, from, Endpoint.Port);
                return;
            }

            _handshakes.Release();
            shaking = false;
            client = new ClientConnection(connection);
            if (cache is null)
            {
                await RefuseAsync(client);
                return;
            }

            await new GatewaySession(id, Endpoint, client, cache, _services).RunAsync();
        }
        catch (Exception exception) when (exception is IOException or SocketException or TlsException or OperationCanceledException)
        {
            _services.Counters.HandshakeFailed();
            Log.HandshakeFailed(_services.Logger, Endpoint.Port, exception.Message);
        }
        finally
        {
            if (shaking)
            {
                _handshakes.Release();
            }

            client?.Dispose();
            connection?.Dispose();
            socket.Dispose();
        }
    }

    /// <summary>Dead peers are found: by probes where nothing is sent, by missing acknowledgements where something is.</summary>
    private void Prepare(Socket socket)
    {
        const int tcp = 6;
        const int userTimeout = 18;
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);

        // Half of the time until the first probe, the other half for three probes, as far as whole seconds allow.
        var seconds = Math.Max(2, (int)_services.Options.DeadPeerTimeout.TotalSeconds);
        var interval = Math.Max(1, seconds / 6);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, seconds / 2);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, interval);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, Math.Max(1, (seconds - (seconds / 2)) / interval));
        socket.SetRawSocketOption(tcp, userTimeout, BitConverter.GetBytes((int)_services.Options.DeadPeerTimeout.TotalMilliseconds));
    }

    private async Task<CacheRuntime?> IdentifyAsync(LoopConnection connection)
    {
        if (!Endpoint.Tls)
        {
            return _caches.Find(null);
        }

        var caches = _caches;
        if (caches.Caches.IsEmpty)
        {
            throw new TlsException("no cache is served here any more");
        }

        CacheRuntime? cache = null;
        using var deadline = new CancellationTokenSource(_services.Options.HandshakeTimeout, _services.Clock);
        await connection.AcceptTlsAsync(
            caches.Caches[0].Tls,
            name =>
            {
                cache = caches.Find(name);
                // Several could be meant: the handshake is completed all the same, so that the client can be told.
                return (cache ?? caches.Caches[0]).Tls;
            },
            deadline.Token);
        return cache;
    }

    /// <summary>Tells a client that could mean several caches which there are, as the answer to its first command.</summary>
    private async Task RefuseAsync(ClientConnection client)
    {
        _services.Counters.Refused();
        using (client)
        {
            using var deadline = new CancellationTokenSource(_services.Options.HandshakeTimeout, _services.Clock);
            await using var abort = deadline.Token.Register(client.Abort);
            if (await client.ReadAsync() == 0)
            {
                return;
            }

            client.Discard();
            Log.SeveralCaches(_services.Logger, Endpoint.Port);
            await client.WriteAsync(Replies.SeveralCaches(_caches.Caches.SelectMany(cache => cache.Route.HostNames)));
            await client.CloseAsync(_services.Options.CloseGrace, _services.Clock);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5106, LogLevel.Critical, "Port {Port}: session {Session} ended by a fault of the gateway.")]
        public static partial void SessionFailed(ILogger logger, Exception exception, int port, long session);

        [LoggerMessage(5104, LogLevel.Debug, "{Cache}: no firewall rule admits {Address}; its connection to port {Port} is closed.")]
        public static partial void Firewalled(ILogger logger, string cache, IPAddress address, int port);

        [LoggerMessage(5100, LogLevel.Information, "Listening on {Address}:{Port} (TLS: {Tls}).")]
        public static partial void ListenerOpened(ILogger logger, IPAddress address, int port, bool tls);

        [LoggerMessage(5101, LogLevel.Warning, "{Address}:{Port} cannot be opened and is tried again: {Problem}")]
        public static partial void ListenerFailed(ILogger logger, IPAddress address, int port, string problem);

        [LoggerMessage(5102, LogLevel.Warning, "Port {Port}: a connection could not be accepted: {Problem}")]
        public static partial void AcceptFailed(ILogger logger, int port, string problem);

        [LoggerMessage(5105, LogLevel.Debug, "Port {Port}: a client named none of the caches that are served there, and was told their names.")]
        public static partial void SeveralCaches(ILogger logger, int port);

        [LoggerMessage(5103, LogLevel.Debug, "Port {Port}: a client did not get through the handshake: {Problem}")]
        public static partial void HandshakeFailed(ILogger logger, int port, string problem);
    }
}
