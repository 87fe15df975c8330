using System.Buffers;

namespace Larder.Gateway.Relay;

/// <summary>
/// Collects what one batch sends: mostly one stretch of the read buffer, which is sent from where it lies; only when something is put in
/// its place or left out are the pieces copied together. One user at a time.
/// </summary>
internal sealed class OutputBatch : IBufferWriter<byte>, IDisposable
{
    private byte[] _source = [];
    private int _from;
    private int _to;
    private byte[]? _pieces;
    private int _length;

    /// <summary>Starts a batch.</summary>
    /// <param name="source">The read buffer that <see cref="AddRange"/> means; it must not change until the batch is sent.</param>
    public void Begin(byte[] source)
    {
        _source = source;
        _from = _to = _length = 0;
    }

    /// <summary>Adds bytes of the read buffer.</summary>
    /// <param name="from">The first.</param>
    /// <param name="to">Behind the last.</param>
    public void AddRange(int from, int to)
    {
        if (from == to)
        {
            return;
        }

        if (_length == 0 && (_from == _to || _to == from))
        {
            _from = _from == _to ? from : _from;
            _to = to;
            return;
        }

        this.Write(_source.AsSpan(from, to - from));
    }

    /// <summary>What was collected. Valid until the next batch begins.</summary>
    public ReadOnlyMemory<byte> Collected => _length > 0 ? _pieces.AsMemory(0, _length) : _source.AsMemory(_from, _to - _from);

    /// <inheritdoc/>
    public void Advance(int count) => _length += count;

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _pieces.AsMemory(_length);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>Gives the memory back that was needed for copies.</summary>
    public void Release()
    {
        if (_pieces is { } pieces)
        {
            _pieces = null;
            _length = 0;
            ArrayPool<byte>.Shared.Return(pieces, clearArray: true); // may hold the gateway's credentials
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Release();

    private void MakeRoom(int size)
    {
        var stretch = _length == 0 ? _to - _from : 0;
        var needed = _length + stretch + Math.Max(size, 1);
        if (_pieces is null || _pieces.Length < needed)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, (_pieces?.Length ?? 2048) * 2));
            _pieces?.AsSpan(0, _length).CopyTo(larger);
            if (_pieces is not null)
            {
                ArrayPool<byte>.Shared.Return(_pieces, clearArray: true);
            }

            _pieces = larger;
        }

        if (stretch > 0)
        {
            _source.AsSpan(_from, stretch).CopyTo(_pieces);
            _length = stretch;
            _from = _to = 0;
        }
    }
}
