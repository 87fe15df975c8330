using System.Security.Cryptography;
using System.Text;
using Larder.Backup.Storages;

namespace Larder.Backup.Encryption;

/// <summary>Reads an encrypted stream as the plain one that it was; gives out nothing that was not authenticated. Owns the encrypted stream.</summary>
internal sealed class DecryptingStream : ChunkedStream
{
    private readonly Stream _encrypted;
    private readonly string _what;
    private readonly AesGcm _cipher;
    private readonly byte[] _header;
    private byte[] _ahead = new byte[ChunkFormat.ChunkBytes + ChunkFormat.TagBytes];
    private byte[] _chunk = new byte[ChunkFormat.ChunkBytes + ChunkFormat.TagBytes];
    private readonly byte[] _open = new byte[ChunkFormat.ChunkBytes];
    private int _aheadLength = -1;
    private long _number;

    private DecryptingStream(Stream encrypted, EncryptionKey key, byte[] header, string what)
    {
        (_encrypted, _header, _what) = (encrypted, header, what);
        _cipher = new AesGcm(key.ForObject(header.AsSpan(ChunkFormat.HeaderBytes - ChunkFormat.SaltBytes)), ChunkFormat.TagBytes);
    }

    /// <summary>Begins.</summary>
    /// <param name="encrypted">The encrypted stream.</param>
    /// <param name="key">The key.</param>
    /// <param name="what">What is read, for messages.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The plain stream.</returns>
    /// <exception cref="StorageException">It is not encrypted, or with another key.</exception>
    public static async Task<DecryptingStream> OpenAsync(Stream encrypted, EncryptionKey key, string what, CancellationToken cancellationToken)
    {
        var header = new byte[ChunkFormat.HeaderBytes];
        var read = await encrypted.ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false, cancellationToken);
        if (read < header.Length || !header.AsSpan().StartsWith(ChunkFormat.Magic))
        {
            throw new StorageException(
                StorageFailure.Damaged, $"{what} is not encrypted, though its storage has an encryption key. Read it through a storage without one.");
        }

        var id = Encoding.ASCII.GetString(header, ChunkFormat.Magic.Length, 8);
        return id == key.Id
            ? new DecryptingStream(encrypted, key, header, what)
            : throw new StorageException(
                StorageFailure.Damaged, $"{what} is encrypted with key {id}; the storage's key is {key.Id}. Put the old key into the storage's encryptionKeyFile.");
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _cipher.Dispose();
        if (disposing)
        {
            _encrypted.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <inheritdoc/>
    protected override async ValueTask MakeNextAsync(CancellationToken cancellationToken)
    {
        if (_aheadLength < 0)
        {
            _aheadLength = await _encrypted.ReadAtLeastAsync(_ahead, _ahead.Length, throwOnEndOfStream: false, cancellationToken);
        }

        (_chunk, _ahead) = (_ahead, _chunk);
        var length = _aheadLength - ChunkFormat.TagBytes;
        _aheadLength = _aheadLength < _chunk.Length
            ? 0
            : await _encrypted.ReadAtLeastAsync(_ahead, _ahead.Length, throwOnEndOfStream: false, cancellationToken);
        Ended = _aheadLength == 0;
        try
        {
            if (length < 0)
            {
                throw new StorageException(StorageFailure.Damaged, $"{_what} is cut off after chunk {_number}. Use another copy.");
            }

            _cipher.Decrypt(
                ChunkFormat.Nonce(_number, Ended), _chunk.AsSpan(0, length), _chunk.AsSpan(length, ChunkFormat.TagBytes), _open.AsSpan(0, length), _header);
        }
        catch (AuthenticationTagMismatchException exception)
        {
            throw new StorageException(
                StorageFailure.Damaged, $"{_what} is not what was written: chunk {_number} was changed, or the end is missing. Use another copy.", exception);
        }

        _number++;
        Ready = _open.AsMemory(0, length);
    }
}
