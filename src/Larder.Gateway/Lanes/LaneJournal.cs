using System.Buffers;

namespace Larder.Gateway.Lanes;

/// <summary>
/// The bytes of a lane's commands from when they are given until they are answered: what is sent is sent from here, and what an engine did not answer
/// can be given to the next one. Positions count from the lane's first byte. One thread.
/// </summary>
/// <remarks>
/// <code>
///   answered        written          appended
///      v               v                v
///   ...|###############|................|        chunks of 64 KiB; no command lies in two of them
/// </code>
/// </remarks>
internal sealed class LaneJournal
{
    /// <summary>The largest command that is kept.</summary>
    public const int MaxCommandBytes = 16 * 1024;

    private const int ChunkBytes = 64 * 1024;

    private readonly LinkedList<Chunk> _chunks = new();
    private LinkedListNode<Chunk>? _writing;

    /// <summary>Behind the last byte.</summary>
    public long Appended { get; private set; }

    /// <summary>Behind the last byte that an engine's socket has taken.</summary>
    public long Written { get; private set; }

    /// <summary>Adds a command.</summary>
    /// <param name="command">Its bytes; at most <see cref="MaxCommandBytes"/>.</param>
    /// <returns>Where it begins.</returns>
    public long Append(ReadOnlySpan<byte> command)
    {
        if (_chunks.Last is not { } last || last.Value.Length + command.Length > last.Value.Bytes.Length)
        {
            last = _chunks.AddLast(new Chunk(ArrayPool<byte>.Shared.Rent(ChunkBytes), Appended));
            _writing ??= last;
        }

        var chunk = last.Value;
        command.CopyTo(chunk.Bytes.AsSpan(chunk.Length));
        chunk.Length += command.Length;
        var start = Appended;
        Appended += command.Length;
        return start;
    }

    /// <summary>What is to be written next, as far as it lies together.</summary>
    /// <param name="until">Behind the last byte that may be written.</param>
    public ReadOnlySpan<byte> Unwritten(long until)
    {
        while (_writing is { } node)
        {
            var chunk = node.Value;
            var offset = (int)(Written - chunk.Start);
            if (offset < chunk.Length)
            {
                return chunk.Bytes.AsSpan(offset, (int)Math.Min(chunk.Length - offset, until - Written));
            }

            if (node.Next is null)
            {
                break;
            }

            _writing = node.Next;
        }

        return default;
    }

    /// <summary>Notes that bytes were written.</summary>
    /// <param name="count">How many.</param>
    public void NoteWritten(int count) => Written += count;

    /// <summary>Gives the memory of what is answered back.</summary>
    /// <param name="answered">Behind the last answered byte.</param>
    public void Release(long answered)
    {
        while (_chunks.First is { Next: not null } first && first.Value.Start + first.Value.Length <= answered)
        {
            if (ReferenceEquals(_writing, first))
            {
                _writing = first.Next;
            }

            _chunks.Remove(first);
            ArrayPool<byte>.Shared.Return(first.Value.Bytes);
        }

        if (answered == Appended && Written == Appended && _chunks.First is { } only)
        {
            only.Value.Begin(Appended);
            _writing = only;
        }
    }

    /// <summary>A command's bytes.</summary>
    /// <param name="entry">The command, not answered yet.</param>
    public byte[] Copy(in LaneEntry entry)
    {
        foreach (var chunk in _chunks)
        {
            if (entry.Start >= chunk.Start && entry.End <= chunk.Start + chunk.Length)
            {
                return chunk.Bytes.AsSpan((int)(entry.Start - chunk.Start), entry.Length).ToArray();
            }
        }

        throw new InvalidOperationException("Its bytes are gone.");
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        foreach (var chunk in _chunks)
        {
            ArrayPool<byte>.Shared.Return(chunk.Bytes);
        }

        _chunks.Clear();
        _writing = null;
        Written = Appended;
    }

    private sealed class Chunk(byte[] bytes, long start)
    {
        public byte[] Bytes { get; } = bytes;

        public long Start { get; private set; } = start;

        public int Length { get; set; }

        public void Begin(long position) => (Start, Length) = (position, 0);
    }
}
