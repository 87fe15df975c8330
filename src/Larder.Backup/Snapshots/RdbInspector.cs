using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Larder.Backup.Snapshots;

/// <summary>
/// Reads an RDB file once from end to end and checks all that needs no engine:
/// <code>
/// "REDIS" dddd  ('FA' name value)*  …databases…  'FF'  checksum (8 bytes, little-endian, of all before it; 0 where it was left out)
/// </code>
/// </summary>
public static class RdbInspector
{
    private const int HeaderBytes = 9;
    private const int TrailerBytes = 9; // 'FF' and the checksum
    private const int BufferBytes = 1 << 20;
    private const byte Auxiliary = 0xFA;
    private const byte End = 0xFF;

    /// <summary>Inspects a stream.</summary>
    /// <param name="content">Read to its end.</param>
    /// <param name="what">What it is, for messages.</param>
    /// <param name="copyTo">Given every byte as well, or <c>null</c>.</param>
    /// <param name="progress">Told the bytes read so far, or <c>null</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What it is.</returns>
    /// <exception cref="SnapshotException">It is none, is cut off, or was changed.</exception>
    public static async Task<RdbFacts> InspectAsync(
        Stream content, string what, Stream? copyTo, Action<long>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[BufferBytes + TrailerBytes];
        var checksum = 0UL;
        var kept = 0; // bytes at the buffer's beginning that may be the trailer
        var sum = 0L;
        RdbFacts? facts = null;
        while (true)
        {
            var read = await content.ReadAtLeastAsync(buffer.AsMemory(kept, BufferBytes), BufferBytes, throwOnEndOfStream: false, cancellationToken);
            if (facts is null)
            {
                facts = ReadHead(buffer.AsSpan(0, read), what);
            }

            if (read == 0)
            {
                break;
            }

            hash.AppendData(buffer, kept, read);
            if (copyTo is not null)
            {
                await copyTo.WriteAsync(buffer.AsMemory(kept, read), cancellationToken);
            }

            sum += read;
            progress?.Invoke(sum);
            var there = kept + read;
            kept = Math.Min(there, TrailerBytes);
            checksum = Crc64.Append(checksum, buffer.AsSpan(0, there - kept));
            buffer.AsSpan(there - kept, kept).CopyTo(buffer);
        }

        if (kept < TrailerBytes || buffer[0] != End)
        {
            throw new SnapshotException($"{what} is cut off: it has {sum} bytes and no end mark. Use a complete copy.");
        }

        var written = BinaryPrimitives.ReadUInt64LittleEndian(buffer.AsSpan(1));
        checksum = Crc64.Append(checksum, buffer.AsSpan(0, 1));
        if (written != 0 && written != checksum)
        {
            throw new SnapshotException(
                $"{what} is not what the engine wrote: its checksum is {checksum:x16} and should be {written:x16}. It was changed or cut off; use another copy.");
        }

        return facts with { Bytes = sum, Sha256 = Convert.ToHexStringLower(hash.GetHashAndReset()), HasChecksum = written != 0 };
    }

    /// <summary>Inspects a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What it is.</returns>
    /// <exception cref="SnapshotException">It is none, is cut off, or was changed.</exception>
    public static async Task<RdbFacts> InspectFileAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(path, new FileStreamOptions
        {
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
            Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
        });
        return await InspectAsync(file, $"'{path}'", null, null, cancellationToken);
    }

    private static RdbFacts ReadHead(ReadOnlySpan<byte> head, string what)
    {
        if (head.Length == 0)
        {
            throw new SnapshotException($"{what} is empty.");
        }

        if (head.Length < HeaderBytes || !head.StartsWith("REDIS"u8)
            || !int.TryParse(head[5..HeaderBytes], NumberStyles.None, CultureInfo.InvariantCulture, out var version))
        {
            throw new SnapshotException($"{what} is no RDB file: it does not begin with 'REDIS' and a version.");
        }

        var facts = new RdbFacts { Version = version, Bytes = 0, Sha256 = "", HasChecksum = false };
        var rest = head[HeaderBytes..];
        while (rest.Length > 1 && rest[0] == Auxiliary)
        {
            rest = rest[1..];
            if (!TryReadText(ref rest, out var name) || !TryReadText(ref rest, out var value))
            {
                break;
            }

            facts = name switch
            {
                "redis-ver" or "valkey-ver" => facts with { WrittenBy = value },
                "ctime" when long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < uint.MaxValue =>
                    facts with { CreatedAt = DateTimeOffset.FromUnixTimeSeconds(seconds) },
                "repl-id" => facts with { ReplicationId = value },
                "repl-offset" when long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var offset) =>
                    facts with { ReplicationOffset = offset },
                _ => facts,
            };
        }

        return facts;
    }

    // A length in one of the short forms with its bytes, or an integer of 1, 2 or 4 bytes: what auxiliary fields are written in.
    private static bool TryReadText(ref ReadOnlySpan<byte> rest, out string text)
    {
        text = "";
        if (rest.Length < 5)
        {
            return false;
        }

        var first = rest[0];
        int length;
        switch (first >> 6)
        {
            case 0:
                length = first & 0x3F;
                rest = rest[1..];
                break;
            case 1:
                length = ((first & 0x3F) << 8) | rest[1];
                rest = rest[2..];
                break;
            case 3 when (first & 0x3F) is var width and <= 2:
                var (value, taken) = width switch
                {
                    0 => ((sbyte)rest[1], 2),
                    1 => (BinaryPrimitives.ReadInt16LittleEndian(rest[1..]), 3),
                    _ => (BinaryPrimitives.ReadInt32LittleEndian(rest[1..]), 5),
                };
                text = value.ToString(CultureInfo.InvariantCulture);
                rest = rest[taken..];
                return true;
            default:
                return false;
        }

        if (rest.Length < length)
        {
            return false;
        }

        text = Encoding.UTF8.GetString(rest[..length]);
        rest = rest[length..];
        return true;
    }
}
