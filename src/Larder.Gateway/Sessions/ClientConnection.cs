using System.Buffers;
using System.Net;
using System.Runtime.CompilerServices;
using Larder.Gateway.Transport;

namespace Larder.Gateway.Sessions;

/// <summary>
/// A client's connection: a read buffer that exists only while there is something in it, and an orderly end. One reader and one writer at a
/// time; <see cref="StopReading"/> and <see cref="Abort"/> from anywhere.
/// </summary>
internal sealed class ClientConnection(LoopConnection connection) : IDisposable
{
    private const int BufferBytes = 32 * 1024;

    /// <summary>After the last reply so much is still read, so that the reply is not lost to a reset of one who goes on sending.</summary>
    private const int MaxDrainedBytes = 64 * 1024 * 1024;

    private byte[] _buffer = [];
    private int _start;
    private int _end;
    private Task<int>? _pending;
    private volatile bool _aborted;

    /// <summary>What it reads from and writes to.</summary>
    public LoopConnection Connection => connection;

    /// <summary>The bytes that were read and not yet consumed.</summary>
    public ReadOnlySpan<byte> Unread => _buffer.AsSpan(_start, _end - _start);

    /// <summary>The buffer that <see cref="Unread"/> lies in, for those who send from it.</summary>
    public byte[] Buffer => _buffer;

    /// <summary>Where <see cref="Unread"/> begins in <see cref="Buffer"/>.</summary>
    public int Start => _start;

    /// <summary>The address that the client has connected to.</summary>
    public IPAddress LocalAddress => connection.Local.Address;

    /// <summary>Whether nothing more can be read before something is consumed or the buffer is grown.</summary>
    public bool IsFull => _start == 0 && _end == _buffer.Length && _end > 0;

    /// <summary>Whether the client has ended the connection; for those who cannot read on, as <see cref="IsFull"/>.</summary>
    public bool HasLeft => connection.HasLeft;

    /// <summary>Whether a read is under way that <see cref="ReadAheadAsync"/> began: then nobody else may read from <see cref="Connection"/>.</summary>
    public bool IsReadingAhead => _pending is not null;

    /// <summary>Takes bytes from the front of <see cref="Unread"/>.</summary>
    /// <param name="count">How many.</param>
    public void Consume(int count) => _start += count;

    /// <summary>Forgets what was read.</summary>
    public void Discard() => _start = _end;

    /// <summary>Takes bytes that somebody else has read and not consumed. There must be none that are unread.</summary>
    /// <param name="bytes">The bytes.</param>
    public void Keep(ReadOnlySpan<byte> bytes)
    {
        ReturnBuffer();
        if (!bytes.IsEmpty)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(BufferBytes, bytes.Length));
            bytes.CopyTo(_buffer);
            _end = bytes.Length;
        }
    }

    /// <summary>Makes the buffer twice as large.</summary>
    public void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        Unread.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _start, _end) = (larger, 0, _end - _start);
    }

    /// <summary>Reads more behind <see cref="Unread"/>.</summary>
    /// <returns>How many bytes came; 0 at the end of the stream, or after <see cref="StopReading"/>.</returns>
    /// <exception cref="IOException">The connection broke.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReadAsync()
    {
        if (_pending is { } pending)
        {
            _pending = null;
            return await pending;
        }

        if (_start == _end)
        {
            // Idle: no memory while waiting. A read of nothing completes when there is something.
            ReturnBuffer();
            _ = await connection.ReadAsync(Memory<byte>.Empty);
            _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        }
        else if (_start > 0)
        {
            Unread.CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        var count = await connection.ReadAsync(_buffer.AsMemory(_end));
        _end += count;
        return count;
    }

    /// <summary>As <see cref="ReadAsync"/>, for those who wait for something else too: what it brings is kept for the next read.</summary>
    /// <returns>The read under way.</returns>
    public Task<int> ReadAheadAsync() => _pending ??= ReadAsync().AsTask();

    /// <summary>Writes to the client.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <exception cref="IOException">The connection broke.</exception>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes) => connection.WriteAsync(bytes);

    /// <summary>Ends the read that is under way, and all later ones, as if the client had sent its last byte. Writing goes on.</summary>
    public void StopReading() => connection.StopReading();

    /// <summary>Ends the connection at once; everything under way on it fails.</summary>
    public void Abort()
    {
        _aborted = true;
        connection.Abort();
    }

    /// <summary>Ends the connection so that what was written arrives: says so, then waits for the client to close.</summary>
    /// <param name="timeout">How long the client may take.</param>
    /// <param name="clock">The clock.</param>
    public async Task CloseAsync(TimeSpan timeout, TimeProvider clock)
    {
        using var deadline = new CancellationTokenSource(timeout, clock);
        await using var abort = deadline.Token.Register(Abort);
        try
        {
            if (!_aborted)
            {
                await connection.FlushAsync();
                connection.EndWriting();
                await DrainAsync();
            }
        }
        catch (IOException)
        {
            _aborted = true; // The client did not wait for an orderly end.
        }
    }

    /// <summary>Reads until the client closes: to close before would reset the connection, and a reset may overtake the last reply.</summary>
    private async Task DrainAsync()
    {
        var count = 1;
        if (_pending is { } pending)
        {
            count = await pending;
            _pending = null;
        }

        ReturnBuffer();
        _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        for (var drained = 0; count > 0 && drained < MaxDrainedBytes; drained += count)
        {
            count = await connection.ReadAsync(_buffer);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        connection.Dispose();
        // A read that is still under way owns the buffer; it ends with the socket, and the memory goes to the collector.
        if (_pending is null)
        {
            ReturnBuffer();
        }
    }

    private void ReturnBuffer()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            (_buffer, _start, _end) = ([], 0, 0);
        }
    }
}
