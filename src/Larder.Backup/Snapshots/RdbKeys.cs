using System.Buffers;
using System.Globalization;

namespace Larder.Backup.Snapshots;

/// <summary>
/// Goes through an RDB file key by key:
/// <code>
/// ['FC' expiry] ['F9' frequency | 'F8' idle]  type  key  value
/// └──────────────── Head ───────────────────────────┘
/// </code>
/// Whoever uses it takes or leaves the value behind each head. What is no key is passed to <see cref="FunctionFound"/>, or left out. Not thread-safe.
/// </summary>
internal sealed class RdbKeys
{
    private const int HeaderBytes = 9;
    private const int MostDatabases = 1 << 14; // the engines' own limit

    private readonly RdbReader _reader;
    private readonly ArrayBufferWriter<byte> _head = new();
    private bool _valuePending;

    /// <summary>Begins.</summary>
    /// <param name="content">The file; its owner closes it.</param>
    /// <param name="what">What it is, for messages.</param>
    /// <exception cref="SnapshotException">It is no RDB file.</exception>
    public RdbKeys(Stream content, string what)
    {
        _reader = new RdbReader(content, what);
        var head = _reader.Read(HeaderBytes);
        Version = head.StartsWith("REDIS"u8) && int.TryParse(head[5..], NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? version
            : throw _reader.Problem("it does not begin with 'REDIS' and a version");
    }

    /// <summary>The version of its form.</summary>
    public int Version { get; }

    /// <summary>Bytes read so far.</summary>
    public long Position => _reader.Position;

    /// <summary>How many keys it has come to.</summary>
    public long Count { get; private set; }

    /// <summary>The database of the current key.</summary>
    public ulong Database { get; private set; }

    /// <summary>The current key.</summary>
    public byte[] Key { get; private set; } = [];

    /// <summary>Called with the code of each library of functions, as it is stored.</summary>
    public Action<byte[]>? FunctionFound { get; init; }

    private byte Type { get; set; }

    /// <summary>Goes to the next key.</summary>
    /// <returns>False where there is none any more.</returns>
    /// <exception cref="SnapshotException">The file is damaged, or has something that this program does not know.</exception>
    public bool Next()
    {
        if (_valuePending)
        {
            Copy(null);
        }

        _head.ResetWrittenCount();
        while (true)
        {
            _reader.Sink = _head.Write;
            var mark = _reader.ReadByte();
            switch (mark)
            {
                case RdbMark.ExpiresMilliseconds:
                    _reader.Skip(sizeof(long));
                    continue;
                case RdbMark.ExpiresSeconds:
                    _reader.Skip(sizeof(int));
                    continue;
                case RdbMark.Frequency:
                    _reader.ReadByte();
                    continue;
                case RdbMark.Idle:
                    _reader.ReadLength();
                    continue;
                case < RdbMark.SlotSize:
                    Type = mark;
                    Key = _reader.ReadString();
                    _valuePending = true;
                    Count++;
                    return true;
            }

            _reader.Sink = null;
            _head.ResetWrittenCount();
            switch (mark)
            {
                case RdbMark.End:
                    return false;
                case RdbMark.Database:
                    Database = _reader.ReadLength();
                    if (Database >= MostDatabases)
                    {
                        throw _reader.Problem($"there is a database {Database}");
                    }

                    break;
                case RdbMark.DatabaseSize:
                    _reader.ReadLength();
                    _reader.ReadLength();
                    break;
                case RdbMark.SlotSize:
                    _reader.ReadLength();
                    _reader.ReadLength();
                    _reader.ReadLength();
                    break;
                case RdbMark.Auxiliary:
                    _reader.SkipString();
                    _reader.SkipString();
                    break;
                case RdbMark.Function:
                    var code = _reader.ReadString();
                    FunctionFound?.Invoke(code);
                    break;
                case RdbMark.ModuleData:
                    throw _reader.Problem("it has data of a module beside its keys, of which nobody knows which shard it belongs to");
                default:
                    throw _reader.Problem($"there is a mark {mark:x2}, which this version does not know");
            }
        }
    }

    /// <summary>Copies the current key with its value, or goes over it.</summary>
    /// <param name="target">Where to, or <c>null</c>.</param>
    public void Copy(RdbWriter? target)
    {
        _valuePending = false;
        if (target is null)
        {
            _reader.Sink = null;
            RdbValues.Skip(Type, _reader);
            return;
        }

        target.BeginKey(Database);
        target.Write(_head.WrittenSpan);
        _reader.Sink = target.Write;
        RdbValues.Skip(Type, _reader);
        _reader.Sink = null;
    }
}
