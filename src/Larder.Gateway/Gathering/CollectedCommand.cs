using System.Buffers;
using Larder.Resp;

namespace Larder.Gateway.Gathering;

/// <summary>A whole command, however large, copied once as it arrives: into chunks, of which its parts for the shards are stretches. One user at a time.</summary>
/// <param name="allowance">What it takes its memory from.</param>
internal sealed class CollectedCommand(GatherAllowance allowance) : IDisposable
{
    private const int ChunkBytes = 64 * 1024;

    private readonly List<byte[]> _chunks = [];
    private long _allowed;
    private int _free;

    /// <summary>How many bytes there are.</summary>
    public long Length { get; private set; }

    /// <summary>Whether it was too large: what was there of it is forgotten, and what comes is dropped.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>Adds bytes.</summary>
    /// <param name="bytes">The bytes that follow.</param>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && !IsRefused)
        {
            if (_free == 0)
            {
                if (!allowance.TryTake(ChunkBytes))
                {
                    Release();
                    IsRefused = true;
                    return;
                }

                _allowed += ChunkBytes;
                _chunks.Add(ArrayPool<byte>.Shared.Rent(ChunkBytes));
                _free = ChunkBytes;
            }

            var count = Math.Min(_free, bytes.Length);
            bytes[..count].CopyTo(_chunks[^1].AsSpan(ChunkBytes - _free));
            bytes = bytes[count..];
            _free -= count;
            Length += count;
        }
    }

    /// <summary>Where its arguments lie, the name first.</summary>
    /// <exception cref="InvalidOperationException">It is not a whole command.</exception>
    public CollectedArgument[] Read()
    {
        var bytes = Bytes();
        var reader = new SequenceReader<byte>(bytes);
        var arguments = new CollectedArgument[ReadNumber(ref reader)];
        for (var index = 0; index < arguments.Length; index++)
        {
            var start = reader.Position;
            var before = reader.Consumed;
            var length = ReadNumber(ref reader);
            var head = (int)(reader.Consumed - before);
            reader.Advance(length + 2);
            arguments[index] = new CollectedArgument(bytes.Slice(start, reader.Position), head, (int)length);
        }

        return arguments;
    }

    /// <summary>All its bytes. Valid until it is disposed.</summary>
    public ReadOnlySequence<byte> Bytes()
    {
        if (_chunks.Count == 0)
        {
            return ReadOnlySequence<byte>.Empty;
        }

        var first = new Segment(_chunks[0].AsMemory(0, LengthOf(0)), null);
        var last = first;
        for (var index = 1; index < _chunks.Count; index++)
        {
            last = new Segment(_chunks[index].AsMemory(0, LengthOf(index)), last);
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    /// <inheritdoc/>
    public void Dispose() => Release();

    private int LengthOf(int chunk) => chunk == _chunks.Count - 1 ? ChunkBytes - _free : ChunkBytes;

    private void Release()
    {
        _chunks.ForEach(chunk => ArrayPool<byte>.Shared.Return(chunk));
        _chunks.Clear();
        allowance.GiveBack(_allowed);
        _allowed = 0;
    }

    /// <summary>The number of a header line: a type byte, the number, CR LF.</summary>
    private static long ReadNumber(ref SequenceReader<byte> reader)
    {
        if (!reader.TryReadTo(out ReadOnlySequence<byte> line, (byte)'\n') || line.Length < 3)
        {
            throw new InvalidOperationException("The command is not whole.");
        }

        Span<byte> text = stackalloc byte[(int)Math.Min(line.Length, RespInteger.MaxLength + 2)];
        line.Slice(0, text.Length).CopyTo(text);
        return RespInteger.TryParse(text[1..^1], out var number) ? number : throw new InvalidOperationException("The command is not whole.");
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? before)
        {
            Memory = memory;
            if (before is not null)
            {
                RunningIndex = before.RunningIndex + before.Memory.Length;
                before.Next = this;
            }
        }
    }
}
