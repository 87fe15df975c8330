using System.Net;
using System.Net.Sockets;
using Larder.Gateway.Transport.Native;
using Larder.Gateway.Transport.Tls;

namespace Larder.Gateway.Transport;

/// <summary>
/// A socket on an event loop, with or without TLS. Either awaited, one read and one write at a time, or observed (<see cref="Observe"/>).
/// </summary>
/// <remarks>
/// <code>
///   ReadAsync --------&gt; try where something may be there --&gt; else wait for the descriptor --&gt; read, complete on the loop
///   WriteAsync, Send --&gt; try at once ----------------------&gt; the rest waits for the descriptor
/// </code>
/// The descriptor is watched only while somebody waits for it. Thread-safe in that reading, writing and closing may be done on three threads at once;
/// the gate also keeps OpenSSL's object to one thread at a time.
/// </remarks>
internal sealed partial class LoopConnection : ILoopHandler, IDisposable
{
    private const int Again = -1;
    private const int Broken = -2;

    private readonly Lock _gate = new();
    private readonly Socket _socket;
    private readonly int _descriptor;
    private readonly long _token;
    private readonly LoopOperation _read = new();
    private readonly LoopOperation _write = new();
    private TlsSession? _tls;
    private uint _interest;
    private bool _closed;
    private bool _offLoop;
    private bool _mayRead;
    private bool _readWantsWrite;
    private string _problem = "";
    private Memory<byte> _readInto;
    private ReadOnlyMemory<byte> _writeFrom;
    private byte[] _backlog = [];
    private int _backlogStart;
    private int _backlogEnd;
    private ILoopObserver? _observer;

    /// <summary>Takes a connected socket over.</summary>
    /// <param name="socket">The socket; owned from here on.</param>
    /// <param name="loop">The loop that it belongs to.</param>
    public LoopConnection(Socket socket, EventLoop loop)
    {
        socket.Blocking = false;
        _socket = socket;
        _descriptor = (int)socket.SafeHandle.DangerousGetHandle(); // The socket is closed by this object alone, under its gate.
        Loop = loop;
        Local = Plain((IPEndPoint)socket.LocalEndPoint!);
        Remote = Plain((IPEndPoint)socket.RemoteEndPoint!);
        _token = loop.Register(this);
    }

    /// <summary>The loop that it belongs to.</summary>
    public EventLoop Loop { get; }

    /// <summary>The descriptor of its socket.</summary>
    public int Descriptor => _descriptor;

    /// <summary>The address and port that the peer has connected to.</summary>
    public IPEndPoint Local { get; }

    /// <summary>The peer's address and port.</summary>
    public IPEndPoint Remote { get; }

    /// <summary>How many bytes of <see cref="Send"/> the peer has not taken yet.</summary>
    public int BacklogBytes => Volatile.Read(ref _backlogEnd) - Volatile.Read(ref _backlogStart);

    /// <summary>Does the server's side of a TLS handshake. What it costs is not paid by the loop.</summary>
    /// <param name="first">The context until the client has named a server.</param>
    /// <param name="choose">Gives the context for a server name, which may be <c>null</c>; <c>null</c> refuses the client.</param>
    /// <param name="cancellationToken">Gives up; the connection is then of no use any more.</param>
    /// <exception cref="TlsException">The client does not get through.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public async Task AcceptTlsAsync(TlsContext first, Func<string?, TlsContext?> choose, CancellationToken cancellationToken)
    {
        await using var abort = cancellationToken.UnsafeRegister(static state => ((LoopConnection)state!).Abort(), this);
        var tls = new TlsSession(first, _descriptor);
        lock (_gate)
        {
            if (_closed)
            {
                tls.Dispose();
                throw new IOException("the connection was closed");
            }

            _tls = tls;
            _offLoop = true;
        }

        while (true)
        {
            TlsProgress progress;
            lock (_gate)
            {
                ThrowIfClosed();
                progress = tls.Accept(choose);
            }

            switch (progress)
            {
                case TlsProgress.Done:
                    lock (_gate)
                    {
                        _offLoop = false;
                        _mayRead = true;
                    }

                    return;
                case TlsProgress.WantRead:
                    await WaitAsync(_read, LinuxCalls.EpollIn);
                    break;
                default:
                    await WaitAsync(_write, LinuxCalls.EpollOut);
                    break;
            }
        }
    }

    /// <summary>Reads what there is; waits where there is nothing.</summary>
    /// <param name="buffer">Where to; an empty one only waits.</param>
    /// <returns>How many bytes; 0 at the end of the stream, and for an empty buffer.</returns>
    /// <exception cref="IOException">The connection broke or was closed.</exception>
    public ValueTask<int> ReadAsync(Memory<byte> buffer)
    {
        lock (_gate)
        {
            ThrowIfClosed();
            if (_mayRead)
            {
                if (buffer.IsEmpty)
                {
                    return new ValueTask<int>(0);
                }

                var count = ReadSome(buffer.Span);
                if (count != Again)
                {
                    return count >= 0 ? new ValueTask<int>(count) : throw new IOException(_problem);
                }
            }

            _readInto = buffer;
            var version = _read.Begin();
            Want(ReadInterest);
            return new ValueTask<int>(_read, version);
        }
    }

    /// <summary>Reads what there is without waiting. For observers, on the loop.</summary>
    /// <param name="buffer">Where to.</param>
    /// <param name="more">Whether there may be more already.</param>
    /// <returns>How many bytes; 0 at the end of the stream, also where the connection broke; below 0 where there is nothing.</returns>
    public int TryRead(Span<byte> buffer, out bool more)
    {
        lock (_gate)
        {
            var count = _closed ? 0 : ReadSome(buffer);
            more = _mayRead && count > 0;
            if (count == Again && _readWantsWrite)
            {
                Want(LinuxCalls.EpollOut);
            }

            return count == Broken ? 0 : count;
        }
    }

    /// <summary>Writes all of it; completes when the system has taken it.</summary>
    /// <param name="bytes">The bytes; they must not change until then.</param>
    /// <exception cref="IOException">The connection broke or was closed.</exception>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        lock (_gate)
        {
            ThrowIfClosed();
            if (BacklogBytes == 0)
            {
                var count = WriteSome(bytes.Span);
                if (count == Broken)
                {
                    throw new IOException(_problem);
                }

                bytes = bytes[count..];
                if (bytes.IsEmpty)
                {
                    return ValueTask.CompletedTask;
                }
            }

            _writeFrom = bytes;
            var version = _write.Begin();
            Want(LinuxCalls.EpollOut);
            return new ValueTask(_write, version);
        }
    }

    /// <summary>Writes, and keeps what the peer does not take yet. On the loop; a broken connection is noticed by its reader.</summary>
    /// <param name="bytes">The bytes.</param>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            if (BacklogBytes == 0)
            {
                var count = WriteSome(bytes);
                if (count == Broken || count == bytes.Length)
                {
                    return;
                }

                bytes = bytes[count..];
            }

            Keep(bytes);
            Want(LinuxCalls.EpollOut);
        }
    }

    /// <summary>Has somebody follow the connection on its loop. Nobody may be reading.</summary>
    /// <param name="observer">Who; <c>null</c> for nobody.</param>
    /// <returns>Whether something may be there to read that the descriptor does not tell of.</returns>
    public bool Observe(ILoopObserver? observer)
    {
        lock (_gate)
        {
            _observer = observer;
            if (_closed)
            {
                return true;
            }

            if (observer is null)
            {
                Refuse(LinuxCalls.EpollIn);
                _mayRead = true; // What was told to the observer is not told again.
            }
            else
            {
                Want(LinuxCalls.EpollIn);
            }

            return _mayRead;
        }
    }

    /// <summary>Has the observer not told of anything to read for a while, or again.</summary>
    /// <param name="paused">Which.</param>
    public void Pause(bool paused)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            if (paused)
            {
                Refuse(LinuxCalls.EpollIn);
            }
            else
            {
                Want(LinuxCalls.EpollIn);
            }
        }
    }

    /// <summary>Ends the read that is under way, and all later ones, as if the peer had sent its last byte. Writing goes on.</summary>
    public void StopReading()
    {
        lock (_gate)
        {
            if (!_closed)
            {
                Shutdown(SocketShutdown.Receive);
            }
        }
    }

    /// <summary>Says that nothing more will be written: in TLS, and to the system. What is read from here on are the peer's bare bytes.</summary>
    public void EndWriting()
    {
        lock (_gate)
        {
            ThrowIfClosed();
            _tls?.SayGoodbye();
            _tls?.Dispose();
            _tls = null;
            _mayRead = true;
            Shutdown(SocketShutdown.Send);
        }
    }

    /// <summary>Completes when nothing is kept back any more.</summary>
    /// <exception cref="IOException">The connection broke or was closed.</exception>
    public ValueTask FlushAsync() => WriteAsync(ReadOnlyMemory<byte>.Empty);

    /// <summary>Ends the connection at once; the peer sees a reset, and everything under way fails.</summary>
    public void Abort() => Close(reset: true);

    /// <inheritdoc/>
    public void Dispose() => Close(reset: false);

    /// <inheritdoc/>
    public void OnReady(bool readable, bool writable)
    {
        var (read, written, readResult, observer, drained) = (false, false, 0, (ILoopObserver?)null, false);
        bool inline;
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            inline = !_offLoop;
            if (writable)
            {
                written = Progress(out drained);
            }

            if (readable || (writable && _readWantsWrite))
            {
                if (_read.IsPending)
                {
                    _mayRead = true;
                    readResult = _readInto.IsEmpty ? 0 : ReadSome(_readInto.Span);
                    read = readResult != Again && _read.TryTake();
                    if (read)
                    {
                        _readInto = default;
                        Refuse(LinuxCalls.EpollIn);
                    }
                    else
                    {
                        Want(ReadInterest);
                    }
                }
                else if (_observer is not null && (_interest & LinuxCalls.EpollIn) != 0)
                {
                    observer = _observer;
                }
                else
                {
                    _mayRead = true;
                    Refuse(LinuxCalls.EpollIn);
                }
            }

            if (drained)
            {
                observer ??= _observer;
            }
        }

        if (written)
        {
            Finish(_write, _problem.Length == 0 ? 0 : Broken, inline);
        }

        if (read)
        {
            Finish(_read, readResult, inline);
        }

        if (drained)
        {
            observer?.OnDrained();
        }

        if (readable)
        {
            observer?.OnReadable();
        }
    }

    /// <summary>Whether the other side has ended the connection, also where there are bytes before the end that nobody has read.</summary>
    public bool HasLeft => PeerWatch.HasLeft(_socket);

    private uint ReadInterest => _readWantsWrite ? LinuxCalls.EpollIn | LinuxCalls.EpollOut : LinuxCalls.EpollIn;

    private void Finish(LoopOperation operation, int result, bool inline)
    {
        if (result >= 0)
        {
            operation.Complete(result, inline);
        }
        else
        {
            operation.Fail(new IOException(_problem), inline);
        }
    }

    private ValueTask<int> WaitAsync(LoopOperation operation, uint interest)
    {
        lock (_gate)
        {
            ThrowIfClosed();
            (_readInto, _writeFrom) = (default, default);
            var version = operation.Begin();
            Want(interest);
            return new ValueTask<int>(operation, version);
        }
    }

    /// <summary>The descriptor takes bytes again.</summary>
    /// <param name="drained">Whether what was kept back has gone by this.</param>
    /// <returns>Whether the pending write is over.</returns>
    private bool Progress(out bool drained)
    {
        drained = false;
        if (BacklogBytes > 0)
        {
            var count = WriteSome(_backlog.AsSpan(_backlogStart, BacklogBytes));
            if (count == Broken)
            {
                Forget();
            }
            else
            {
                _backlogStart += count;
                if (BacklogBytes > 0)
                {
                    return false;
                }

                Forget();
                drained = true;
            }
        }

        if (_write.IsPending && _problem.Length == 0 && !_writeFrom.IsEmpty)
        {
            var count = WriteSome(_writeFrom.Span);
            _writeFrom = count == Broken ? default : _writeFrom[count..];
            if (!_writeFrom.IsEmpty)
            {
                return false;
            }
        }

        Refuse(LinuxCalls.EpollOut);
        return _write.TryTake();
    }

    private void Close(bool reset)
    {
        bool read, written;
        ILoopObserver? observer;
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            Watch(0);
            Loop.Unregister(_token);
            _tls?.Dispose();
            _tls = null;
            Forget();
            (_readInto, _writeFrom) = (default, default);
            (read, written) = (_read.TryTake(), _write.TryTake());
            (observer, _observer) = (_observer, null);
            if (reset)
            {
                _socket.Close(0);
            }
            else
            {
                _socket.Dispose();
            }
        }

        var inline = Loop.IsCurrent && !_offLoop;
        if (written)
        {
            _write.Fail(new IOException("the connection was closed"), inline);
        }

        if (read)
        {
            _read.Fail(new IOException("the connection was closed"), inline);
        }

        if (observer is not null)
        {
            Loop.Post(new ReadableCall(observer));
        }
    }

    private void ThrowIfClosed()
    {
        if (_closed)
        {
            throw new IOException("the connection was closed");
        }
    }

    /// <summary>Tells an observer that the connection is closed: its next read says so.</summary>
    private sealed class ReadableCall(ILoopObserver observer) : ILoopTask
    {
        public void Run() => observer.OnReadable();
    }

    private static IPEndPoint Plain(IPEndPoint end) => end.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(end.Address.MapToIPv4(), end.Port) : end;
}
