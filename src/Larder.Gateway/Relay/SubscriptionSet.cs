using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Larder.Gateway.Notices;
using Larder.Resp;

namespace Larder.Gateway.Relay;

/// <summary>What a client has subscribed to, so that it can be subscribed again on another engine connection.</summary>
internal sealed class SubscriptionSet
{
    /// <summary>More is not kept: the session then stays with its engine connection.</summary>
    private const int MaxBytes = 1 << 20;

    private readonly HashSet<byte[]>[] _names = [new(ByteComparer.Instance), new(ByteComparer.Instance), new(ByteComparer.Instance)];
    private long _bytes;

    /// <summary>Whether all is kept.</summary>
    public bool IsComplete => _bytes <= MaxBytes;

    /// <summary>Which of them hear the notices that the gateway sends.</summary>
    public NoticeAudience Notices { get; } = new();

    /// <summary>How many subscriptions there are.</summary>
    public int Count => _names.Sum(names => names.Count);

    /// <summary>How many there are of one kind.</summary>
    /// <param name="kind">The kind.</param>
    public int CountOf(SubscriptionKind kind) => _names[(int)kind].Count;

    /// <summary>The names of one kind.</summary>
    /// <param name="kind">The kind.</param>
    public IEnumerable<byte[]> NamesOf(SubscriptionKind kind) => _names[(int)kind];

    /// <summary>Notes SUBSCRIBE and its like.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="arguments">The whole command.</param>
    public void Add(SubscriptionKind kind, byte[][] arguments)
    {
        foreach (var name in arguments.Skip(1))
        {
            if (_names[(int)kind].Add(name))
            {
                _bytes += name.Length;
                Notices.Add(kind, name);
            }
        }
    }

    /// <summary>Notes UNSUBSCRIBE and its like; without names, of everything.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="arguments">The whole command.</param>
    public void Remove(SubscriptionKind kind, byte[][] arguments)
    {
        var names = _names[(int)kind];
        foreach (var name in arguments.Length > 1 ? arguments.Skip(1) : [.. names])
        {
            if (names.Remove(name))
            {
                _bytes -= name.Length;
                Notices.Remove(kind, name);
            }
        }
    }

    /// <summary>Writes the commands that subscribe to all of it again.</summary>
    /// <param name="output">Where to write.</param>
    public void Write(IBufferWriter<byte> output)
    {
        for (var kind = 0; kind < _names.Length; kind++)
        {
            if (_names[kind].Count == 0)
            {
                continue;
            }

            RespWriter.WriteCommandHeader(output, 1 + _names[kind].Count);
            RespWriter.WriteBulk(output, (SubscriptionKind)kind switch
            {
                SubscriptionKind.Pattern => "PSUBSCRIBE"u8,
                SubscriptionKind.Shard => "SSUBSCRIBE"u8,
                _ => "SUBSCRIBE"u8,
            });
            foreach (var name in _names[kind])
            {
                RespWriter.WriteBulk(output, name);
            }
        }
    }

    private sealed class ByteComparer : IEqualityComparer<byte[]>
    {
        public static ByteComparer Instance { get; } = new();

        public bool Equals(byte[]? one, byte[]? other) => one.AsSpan().SequenceEqual(other);

        public int GetHashCode([DisallowNull] byte[] name)
        {
            var hash = default(HashCode);
            hash.AddBytes(name);
            return hash.ToHashCode();
        }
    }
}
