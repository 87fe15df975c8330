using System.Buffers.Binary;

namespace Larder.Backup.Encryption;

/// <summary>
/// The form of an encrypted object:
/// <code>
/// header   "LARDENC1"  key id (8 ASCII)  salt (32 bytes)
/// chunk i  cipher text (1 MiB, the last one 0 .. 1 MiB)  tag (16 bytes)
/// </code>
/// AES-256-GCM under a key of its own for each object; the nonce is the chunk's number and whether it is the last one, so that chunks cannot be
/// reordered, left out, or cut off at the end unseen. The header is authenticated with every chunk.
/// </summary>
internal static class ChunkFormat
{
    public const int SaltBytes = 32;
    public const int TagBytes = 16;
    public const int ChunkBytes = 1 << 20;
    public const int HeaderBytes = 8 + 8 + SaltBytes;
    private const int NonceBytes = 12;

    public static ReadOnlySpan<byte> Magic => "LARDENC1"u8;

    public static byte[] Nonce(long chunk, bool last)
    {
        var nonce = new byte[NonceBytes];
        BinaryPrimitives.WriteInt64BigEndian(nonce, chunk);
        nonce[^1] = last ? (byte)1 : (byte)0;
        return nonce;
    }
}
