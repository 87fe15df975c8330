using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Larder.Testing;

/// <summary>
/// Stands before an HTTP server of this host and passes connections on, or does to them what networks and overloaded services do. What it does can be
/// changed while it runs; it counts for what comes then.
/// </summary>
public sealed class DisturbedRelay : IDisposable
{
    private static readonly byte[] Broken =
        Encoding.ASCII.GetBytes("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nx-ms-error-code: InternalError\r\n\r\n");

    private readonly int _target;
    private readonly List<TcpClient> _clients = [];
    private readonly CancellationTokenSource _stop = new();
    private TcpListener _listener;
    private volatile Disturbance _disturbance;
    private long _bytes;

    /// <summary>Begins to listen.</summary>
    /// <param name="target">The server's port.</param>
    public DisturbedRelay(int target)
    {
        _target = target;
        _listener = new TcpListener(IPAddress.Loopback, 0);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = AcceptAsync(_listener);
    }

    /// <summary>Where it listens, or listened.</summary>
    public int Port { get; }

    /// <summary>Bytes that were passed on to the server.</summary>
    public long BytesToServer => Interlocked.Read(ref _bytes);

    /// <summary>Changes what it does, and ends the connections that there are.</summary>
    /// <param name="disturbance">What it does from now on.</param>
    public void Set(Disturbance disturbance)
    {
        if (disturbance == Disturbance.Absence)
        {
            _listener.Dispose();
        }
        else if (_disturbance == Disturbance.Absence)
        {
            _listener = new TcpListener(IPAddress.Loopback, Port);
            _listener.Start();
            _ = AcceptAsync(_listener);
        }

        _disturbance = disturbance;
        Hang();
    }

    /// <summary>Ends it.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        Hang();
        _stop.Dispose();
    }

    private void Hang()
    {
        lock (_clients)
        {
            _clients.ForEach(client => client.Dispose());
            _clients.Clear();
        }
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync();
                Keep(client);
                _ = ServeAsync(client);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Absent, or the test is over.
        }
    }

    private void Keep(TcpClient client)
    {
        lock (_clients)
        {
            _clients.Add(client);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            switch (_disturbance)
            {
                case Disturbance.Silence:
                    return;
                case Disturbance.Error:
                    var buffer = new byte[64 << 10];
                    while (await client.GetStream().ReadAsync(buffer) > 0)
                    {
                        await client.GetStream().WriteAsync(Broken);
                    }

                    return;
                default:
                    var server = new TcpClient();
                    Keep(server);
                    await server.ConnectAsync(IPAddress.Loopback, _target);
                    await Task.WhenAny(PassAsync(client, server, toServer: true), PassAsync(server, client, toServer: false));
                    client.Dispose();
                    server.Dispose();
                    return;
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // One of them ended, or the test is over.
        }
    }

    private async Task PassAsync(TcpClient from, TcpClient to, bool toServer)
    {
        try
        {
            // Slow: 4 kB each 20 ms, about 200 kB a second.
            var slow = _disturbance == Disturbance.Slow;
            var buffer = new byte[slow ? 4 << 10 : 64 << 10];
            while (await from.GetStream().ReadAsync(buffer) is var read and > 0)
            {
                if (toServer)
                {
                    Interlocked.Add(ref _bytes, read);
                }

                if (slow)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, _stop.Token);
                }

                await to.GetStream().WriteAsync(buffer.AsMemory(0, read));
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            // One of them ended, or the test is over.
        }
    }
}
