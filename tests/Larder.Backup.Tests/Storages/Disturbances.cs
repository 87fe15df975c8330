using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Larder.Backup.Tests.Storages;

/// <summary>A stream that breaks after some bytes.</summary>
internal sealed class BreakingStream(byte[] content, int breaksAt) : MemoryStream(content)
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => Position >= breaksAt
        ? throw new IOException("The disk is gone.")
        : base.ReadAsync(buffer[..(int)Math.Min(buffer.Length, breaksAt - Position)], cancellationToken);
}

/// <summary>A server that takes connections and gives every request the same answer, or none.</summary>
internal sealed class SilentServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly byte[]? _answer;
    private readonly List<TcpClient> _clients = [];
    private int _requests;

    public SilentServer(string? answer)
    {
        _answer = answer is null ? null : Encoding.ASCII.GetBytes(answer);
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Requests => Volatile.Read(ref _requests);

    public void Dispose()
    {
        _listener.Dispose();
        lock (_clients)
        {
            _clients.ForEach(client => client.Dispose());
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                lock (_clients)
                {
                    _clients.Add(client);
                }

                _ = AnswerAsync(client);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Disposed: the test is over.
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        try
        {
            var buffer = new byte[64 << 10];
            while (await client.GetStream().ReadAsync(buffer) > 0)
            {
                Interlocked.Increment(ref _requests);
                if (_answer is not null)
                {
                    await client.GetStream().WriteAsync(_answer);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The client gave up, or the test is over.
        }
    }
}
