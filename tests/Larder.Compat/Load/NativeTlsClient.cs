using System.Net;
using System.Net.Sockets;
using Larder.Compat.Wire;

namespace Larder.Compat.Load;

/// <summary>A client that does TLS by OpenSSL itself, as redis-benchmark does. One thread; replies are known by their lengths.</summary>
internal sealed unsafe class NativeTlsClient : IDisposable
{
    private readonly Socket _socket;
    private readonly nint _ssl;
    private readonly Queue<(long Due, int Bytes)> _waiting = new();
    private readonly byte[] _buffer = new byte[16384];
    private int _received;

    public NativeTlsClient(NativeTlsContext context, int port)
    {
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _socket.Connect(IPAddress.Loopback, port);
        _ssl = context.Connect((int)_socket.Handle);
    }

    /// <summary>Whether it waits for a reply.</summary>
    public bool IsWaiting => _waiting.Count > 0;

    /// <summary>Authenticates; from here on nothing blocks.</summary>
    public void Enter(string key)
    {
        Write(RespConnection.Encode("AUTH", key));
        Span<byte> answer = stackalloc byte[64];
        fixed (byte* start = answer)
        {
            var count = ClientOpenSsl.Read(_ssl, start, answer.Length);
            if (count != 5 || answer[0] != (byte)'+')
            {
                throw new InvalidOperationException("AUTH was refused.");
            }
        }

        _socket.Blocking = false;
    }

    /// <summary>Sends a command.</summary>
    /// <param name="command">It.</param>
    /// <param name="due">When it should have been sent.</param>
    /// <param name="replyBytes">How long its reply will be.</param>
    public void Send(byte[] command, long due, int replyBytes)
    {
        Write(command);
        _waiting.Enqueue((due, replyBytes));
    }

    /// <summary>Whether the socket has something.</summary>
    public bool HasSomething() => _socket.Available > 0;

    /// <summary>Takes what has come.</summary>
    /// <param name="times">Gets how long each answered command took.</param>
    /// <returns>How many were answered.</returns>
    public int Receive(List<long> times)
    {
        var answered = 0;
        while (true)
        {
            int count;
            fixed (byte* start = _buffer)
            {
                count = ClientOpenSsl.Read(_ssl, start, _buffer.Length);
            }

            if (count <= 0)
            {
                var error = ClientOpenSsl.GetError(_ssl, count);
                return error == ClientOpenSsl.WantRead ? answered : throw new InvalidOperationException($"The server closed the connection ({error}).");
            }

            _received += count;
            while (_waiting.TryPeek(out var next) && _received >= next.Bytes)
            {
                _received -= next.Bytes;
                _waiting.Dequeue();
                times.Add(TimeProvider.System.GetTimestamp() - next.Due);
                answered++;
            }

            if (count < _buffer.Length)
            {
                return answered;
            }
        }
    }

    public void Dispose()
    {
        ClientOpenSsl.Free(_ssl);
        _socket.Dispose();
    }

    private void Write(byte[] bytes)
    {
        fixed (byte* start = bytes)
        {
            if (ClientOpenSsl.Write(_ssl, start, bytes.Length) != bytes.Length)
            {
                throw new InvalidOperationException("The server takes no more: the rate is too high.");
            }
        }
    }
}
