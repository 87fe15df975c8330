using System.Net.Sockets;
using Larder.Model.Routing;

namespace Larder.Gateway.Relay;

/// <summary>One connection to an engine, for one client. Disposing it from anywhere ends what is under way on it.</summary>
internal sealed class EngineLink : IDisposable
{
    private readonly Socket _socket;

    private EngineLink(Socket socket, PrimaryRoute primary)
    {
        _socket = socket;
        Primary = primary;
    }

    /// <summary>The primary that it leads to.</summary>
    public PrimaryRoute Primary { get; }

    /// <summary>The socket's descriptor, for those who read and write by themselves. Valid until it is disposed.</summary>
    public int Descriptor => (int)_socket.SafeHandle.DangerousGetHandle();

    /// <summary>Connects.</summary>
    /// <param name="primary">Where to.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The connection, not yet authenticated.</returns>
    /// <exception cref="SocketException">Nobody listens there.</exception>
    public static async Task<EngineLink> OpenAsync(PrimaryRoute primary, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(primary.SocketPath), cancellationToken);
            return new EngineLink(socket, primary);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Connects at once, for those who read and write by themselves: the connection never meets the system's own event loop, which would be woken by all
    /// that comes.
    /// </summary>
    /// <param name="primary">Where to.</param>
    /// <returns>The connection, not yet authenticated; it does not block.</returns>
    /// <exception cref="SocketException">Nobody listens there, or too many are waiting to be accepted.</exception>
    public static EngineLink Connect(PrimaryRoute primary)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(primary.SocketPath));
            return new EngineLink(socket, primary);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Whether it leads where a route says.</summary>
    /// <param name="primary">The route.</param>
    public bool LeadsTo(PrimaryRoute primary) =>
        Primary.Epoch == primary.Epoch && Primary.NodeOrdinal == primary.NodeOrdinal && Primary.SocketPath == primary.SocketPath;

    /// <summary>Sends all bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SocketException">The connection broke.</exception>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await _socket.SendAsync(bytes, cancellationToken)..];
        }
    }

    /// <summary>Sends bytes as far as the connection takes them.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <returns>How many the connection did not take: 0, or fewer than all where it broke.</returns>
    public async ValueTask<int> TrySendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[await _socket.SendAsync(bytes, CancellationToken.None)..];
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The number tells it; the reply side meets the same end.
        }

        return bytes.Length;
    }

    /// <summary>Receives what there is.</summary>
    /// <param name="buffer">Where to; an empty one waits for something to come.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How many bytes; 0 at the end.</returns>
    /// <exception cref="SocketException">The connection broke.</exception>
    public ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken) => _socket.ReceiveAsync(buffer, cancellationToken);

    /// <summary>Tells the engine that no more commands come; it answers those it has and closes, as it would for the client itself.</summary>
    public void EndRequests()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            Dispose(); // It is closed already.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
