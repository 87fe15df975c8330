using System.Security.Cryptography;
using System.Text;

namespace Larder.Backup.Encryption;

/// <summary>Reads a plain stream as an encrypted one; see <see cref="ChunkFormat"/>. Holds two chunks at most.</summary>
internal sealed class EncryptingStream : ReadOnlyStream
{
    private readonly Stream _plain;
    private readonly AesGcm _cipher;
    private readonly byte[] _header;
    private byte[] _ahead = new byte[ChunkFormat.ChunkBytes];
    private byte[] _chunk = new byte[ChunkFormat.ChunkBytes];
    private readonly byte[] _sealed = new byte[ChunkFormat.ChunkBytes + ChunkFormat.TagBytes];
    private ReadOnlyMemory<byte> _ready;
    private int _aheadLength = -1;
    private long _number;
    private bool _ended;

    /// <summary>Begins; the plain stream is read from where it stands.</summary>
    public EncryptingStream(Stream plain, EncryptionKey key, byte[] salt)
    {
        _plain = plain;
        _cipher = new AesGcm(key.ForObject(salt), ChunkFormat.TagBytes);
        _header = [.. ChunkFormat.Magic, .. Encoding.ASCII.GetBytes(key.Id), .. salt];
        _ready = _header;
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_ready.IsEmpty && !_ended)
        {
            await SealAsync(cancellationToken);
        }

        var taken = Math.Min(buffer.Length, _ready.Length);
        _ready[..taken].CopyTo(buffer);
        _ready = _ready[taken..];
        return taken;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _cipher.Dispose();
        base.Dispose(disposing);
    }

    // Whether a chunk is the last one is known only when the next one has been asked for.
    private async ValueTask SealAsync(CancellationToken cancellationToken)
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
        _ended = _aheadLength == 0;
        _cipher.Encrypt(
            ChunkFormat.Nonce(_number++, _ended), _chunk.AsSpan(0, length), _sealed.AsSpan(0, length), _sealed.AsSpan(length, ChunkFormat.TagBytes), _header);
        _ready = _sealed.AsMemory(0, length + ChunkFormat.TagBytes);
    }
}
