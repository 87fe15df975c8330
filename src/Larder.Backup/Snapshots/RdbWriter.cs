using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Larder.Security.Files;

namespace Larder.Backup.Snapshots;

/// <summary>Writes an RDB file of parts of others. Not thread-safe.</summary>
internal sealed class RdbWriter : IDisposable
{
    private const int BufferBytes = 256 << 10;

    private readonly FileStream _file;
    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _used;
    private ulong _checksum;
    private ulong? _database;

    /// <summary>Begins a file.</summary>
    /// <param name="path">Where; its owner alone can read it.</param>
    /// <param name="version">The version of its form.</param>
    public RdbWriter(string path, int version)
    {
        _file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            BufferSize = 0,
            UnixCreateMode = OwnerOnlyFile.PrivateMode,
        });
        Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"REDIS{version:D4}")));
    }

    /// <summary>Keys written.</summary>
    public long Keys { get; private set; }

    /// <summary>Begins a key: what follows is its record, as another file had it.</summary>
    /// <param name="database">The database.</param>
    public void BeginKey(ulong database)
    {
        if (_database != database)
        {
            // In the form of a length of 14 bits, which holds all databases that there are.
            Write([RdbMark.Database, (byte)(0x40 | (database >> 8)), (byte)database]);
            _database = database;
        }

        Keys++;
    }

    /// <summary>Writes bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            if (_used == BufferBytes)
            {
                Flush();
            }

            var now = Math.Min(bytes.Length, BufferBytes - _used);
            bytes[..now].CopyTo(_buffer.AsSpan(_used));
            _used += now;
            bytes = bytes[now..];
        }
    }

    /// <summary>Ends the file, and has it on the disk.</summary>
    public void Complete()
    {
        Write([RdbMark.End]);
        Flush();
        var checksum = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(checksum, _checksum);
        _file.Write(checksum);
        _file.Flush(flushToDisk: true);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void Flush()
    {
        var bytes = _buffer.AsSpan(0, _used);
        _checksum = Crc64.Append(_checksum, bytes);
        _file.Write(bytes);
        _used = 0;
    }
}
