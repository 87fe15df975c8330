using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Larder.Backup.Snapshots;

/// <summary>Reads the primitives that RDB files are made of: bytes, lengths and strings, in one go from the beginning. Not thread-safe.</summary>
/// <param name="content">The file; its owner closes it.</param>
/// <param name="what">What it is, for messages.</param>
internal sealed class RdbReader(Stream content, string what)
{
    private const int BufferBytes = 256 << 10;

    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _from;
    private int _to;
    private long _before;

    /// <summary>Given every byte that is read from now on, or <c>null</c>.</summary>
    public ByteSink? Sink { get; set; }

    /// <summary>Bytes read so far.</summary>
    public long Position => _before + _from;

    /// <summary>A problem with what is read.</summary>
    /// <param name="problem">What is wrong, without its end.</param>
    /// <returns>The exception to throw.</returns>
    public SnapshotException Problem(string problem) => new($"{what} cannot be read at byte {Position}: {problem}.");

    /// <summary>Reads a byte.</summary>
    /// <returns>The byte.</returns>
    public byte ReadByte() => Read(1)[0];

    /// <summary>Reads a few bytes.</summary>
    /// <param name="count">How many: at most some hundred.</param>
    /// <returns>The bytes, valid until the next call.</returns>
    /// <exception cref="SnapshotException">The file ends before.</exception>
    public ReadOnlySpan<byte> Read(int count)
    {
        if (_to - _from < count)
        {
            Fill(count);
        }

        var read = _buffer.AsSpan(_from, count);
        _from += count;
        Sink?.Invoke(read);
        return read;
    }

    /// <summary>Goes over bytes.</summary>
    /// <param name="count">How many.</param>
    /// <exception cref="SnapshotException">The file ends before.</exception>
    public void Skip(ulong count)
    {
        while (count > 0)
        {
            if (_from == _to)
            {
                Fill(1);
            }

            var now = (int)Math.Min(count, (ulong)(_to - _from));
            Sink?.Invoke(_buffer.AsSpan(_from, now));
            _from += now;
            count -= (ulong)now;
        }
    }

    /// <summary>Reads a length, or another number in its form.</summary>
    /// <returns>The number.</returns>
    /// <exception cref="SnapshotException">There is none.</exception>
    public ulong ReadLength() => TryReadLength(out var length) ? length : throw Problem("there is no length where one is to be");

    /// <summary>Goes over a string.</summary>
    public void SkipString()
    {
        if (TryReadLength(out var length))
        {
            Skip(length);
            return;
        }

        switch (length)
        {
            case 0 or 1 or 2:
                Skip(1UL << (int)length);
                break;
            case 3:
                var compressed = ReadLength();
                ReadLength();
                Skip(compressed);
                break;
            default:
                throw Problem($"a string has the unknown form {length}");
        }
    }

    /// <summary>Reads a string, such as a key.</summary>
    /// <returns>Its bytes.</returns>
    public byte[] ReadString()
    {
        if (TryReadLength(out var length))
        {
            return ReadMany(length);
        }

        switch (length)
        {
            case 0:
                return Digits((sbyte)ReadByte());
            case 1:
                return Digits(BinaryPrimitives.ReadInt16LittleEndian(Read(2)));
            case 2:
                return Digits(BinaryPrimitives.ReadInt32LittleEndian(Read(4)));
            case 3:
                var compressed = ReadLength();
                var whole = ReadLength();
                var from = ReadMany(compressed);
                var to = new byte[Checked(whole)];
                return Lzf.TryDecompress(from, to) ? to : throw Problem("a compressed string is damaged");
            default:
                throw Problem($"a string has the unknown form {length}");
        }
    }

    /// <summary>Reads a length in one of its forms, or the mark of a string in a form of its own.</summary>
    /// <param name="length">The length, or the form.</param>
    /// <returns>Whether it is a length.</returns>
    private bool TryReadLength(out ulong length)
    {
        var first = ReadByte();
        switch (first >> 6)
        {
            case 0:
                length = first & 0x3fu;
                return true;
            case 1:
                length = ((first & 0x3fu) << 8) | ReadByte();
                return true;
            case 2 when first == 0x80:
                length = BinaryPrimitives.ReadUInt32BigEndian(Read(4));
                return true;
            case 2 when first == 0x81:
                length = BinaryPrimitives.ReadUInt64BigEndian(Read(8));
                return true;
            case 3:
                length = first & 0x3fu;
                return false;
            default:
                throw Problem($"a length begins with the unknown byte {first:x2}");
        }
    }

    private byte[] ReadMany(ulong length)
    {
        var bytes = new byte[Checked(length)];
        var done = 0;
        while (done < bytes.Length)
        {
            if (_from == _to)
            {
                Fill(1);
            }

            var now = Math.Min(bytes.Length - done, _to - _from);
            _buffer.AsSpan(_from, now).CopyTo(bytes.AsSpan(done));
            Sink?.Invoke(_buffer.AsSpan(_from, now));
            _from += now;
            done += now;
        }

        return bytes;
    }

    // A damaged length must not become a demand for memory that nobody has: no key is longer than the engines' own limit of 512 MiB.
    private int Checked(ulong length) => length <= 512 << 20 ? (int)length : throw Problem($"a key or name has {length} bytes");

    private void Fill(int count)
    {
        _buffer.AsSpan(_from, _to - _from).CopyTo(_buffer);
        _before += _from;
        (_from, _to) = (0, _to - _from);
        while (_to < count)
        {
            var read = content.Read(_buffer, _to, _buffer.Length - _to);
            if (read == 0)
            {
                throw Problem("it ends in the middle");
            }

            _to += read;
        }
    }

    private static byte[] Digits(int value) => Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture));
}
