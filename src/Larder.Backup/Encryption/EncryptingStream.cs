using System.Security.Cryptography;
using System.Text;

namespace Larder.Backup.Encryption;

/// <summary>Reads a plain stream as an encrypted one; see <see cref="ChunkFormat"/>. Holds two chunks at most.</summary>
internal sealed class EncryptingStream : ChunkedStream
{
    private readonly Stream _plain;
    private readonly AesGcm _cipher;
    private readonly byte[] _header;
    private byte[] _ahead = new byte[ChunkFormat.ChunkBytes];
    private byte[] _chunk = new byte[ChunkFormat.ChunkBytes];
    private readonly byte[] _sealed = new byte[ChunkFormat.ChunkBytes + ChunkFormat.TagBytes];
    private int _aheadLength = -1;
    private long _number;

    /// <summary>Begins; the plain stream is read from where it stands.</summary>
    public EncryptingStream(Stream plain, EncryptionKey key, byte[] salt)
    {
        _plain = plain;
        _cipher = new AesGcm(key.ForObject(salt), ChunkFormat.TagBytes);
        _header = [.. ChunkFormat.Magic, .. Encoding.ASCII.GetBytes(key.Id), .. salt];
        Ready = _header;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _cipher.Dispose();
        base.Dispose(disposing);
    }

    /// <inheritdoc/>
    /// <remarks>Whether a chunk is the last one is known only when the next one has been asked for.</remarks>
    protected override async ValueTask MakeNextAsync(CancellationToken cancellationToken)
    {
        if (_aheadLength < 0)
        {
            _aheadLength = await _plain.ReadAtLeastAsync(_ahead, ChunkFormat.ChunkBytes, throwOnEndOfStream: false, cancellationToken);
        }

        (_chunk, _ahead) = (_ahead, _chunk);
        var length = _aheadLength;
        _aheadLength = length < ChunkFormat.ChunkBytes
            ? 0
            : await _plain.ReadAtLeastAsync(_ahead, ChunkFormat.ChunkBytes, throwOnEndOfStream: false, cancellationToken);
        Ended = _aheadLength == 0;
        _cipher.Encrypt(
            ChunkFormat.Nonce(_number++, Ended), _chunk.AsSpan(0, length), _sealed.AsSpan(0, length), _sealed.AsSpan(length, ChunkFormat.TagBytes), _header);
        Ready = _sealed.AsMemory(0, length + ChunkFormat.TagBytes);
    }
}
