using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Larder.Security.Files;

namespace Larder.Backup.Encryption;

/// <summary>A user's own key for what is kept in a storage: 32 bytes in a file that only its owner may read. Immutable.</summary>
public sealed class EncryptionKey
{
    /// <summary>Bytes of the key.</summary>
    public const int SizeBytes = 32;

    private readonly byte[] _key;

    private EncryptionKey(byte[] key)
    {
        _key = key;
        Id = Convert.ToHexStringLower(Derive("larder storage key id"u8, [], 4));
    }

    /// <summary>Names the key without revealing it: 8 hexadecimal characters, written in front of everything that it encrypts.</summary>
    public string Id { get; }

    /// <summary>Reads a key.</summary>
    /// <param name="path">A file with 64 hexadecimal digits or the Base64 of 32 bytes, mode 0600.</param>
    /// <returns>The key.</returns>
    /// <exception cref="SecretFileException">The file is missing, open to others, or holds no key.</exception>
    public static EncryptionKey Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new SecretFileException(path, $"There is no key file '{path}'. Make one with: (umask 077; openssl rand -base64 32 > '{path}')");
        }

        OwnerOnlyFile.RequireOwnerOnly(path);
        var text = File.ReadAllText(path).Trim();
        var key = new byte[SizeBytes];
        if (text.Length == 2 * SizeBytes && text.All(char.IsAsciiHexDigit))
        {
            return new EncryptionKey(Convert.FromHexString(text));
        }

        return text.Length == Base64.GetMaxEncodedToUtf8Length(SizeBytes)
            && Convert.TryFromBase64String(text, key, out var written) && written == SizeBytes
            ? new EncryptionKey(key)
            : throw new SecretFileException(
                path, $"The key file '{path}' must hold the Base64 of {SizeBytes} bytes, or {2 * SizeBytes} hexadecimal digits, and nothing else.");
    }

    /// <summary>A key from its bytes.</summary>
    /// <param name="key">32 bytes.</param>
    /// <returns>The key.</returns>
    public static EncryptionKey Of(ReadOnlySpan<byte> key) => key.Length == SizeBytes
        ? new EncryptionKey(key.ToArray())
        : throw new ArgumentException($"A key has {SizeBytes} bytes.", nameof(key));

    /// <summary>The key of one object.</summary>
    internal byte[] ForObject(ReadOnlySpan<byte> salt) => Derive("larder storage object"u8, salt, SizeBytes);

    /// <summary>
    /// The salt of an object: depends on where it lies and on all that it holds, so that the same content gives the same bytes (an upload that was
    /// broken off can go on), and no two contents ever share a key.
    /// </summary>
    internal byte[] SaltOf(string path, ReadOnlySpan<byte> contentHash)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Derive("larder storage salt"u8, [], SizeBytes));
        mac.AppendData(Encoding.UTF8.GetBytes(path));
        mac.AppendData([0]);
        mac.AppendData(contentHash);
        return mac.GetHashAndReset();
    }

    private byte[] Derive(ReadOnlySpan<byte> purpose, ReadOnlySpan<byte> salt, int length)
    {
        var derived = new byte[length];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _key, derived, salt, purpose);
        return derived;
    }
}
