using System.Security.Cryptography;
using System.Text;
using Larder.Model;

namespace Larder.Security.Keys;

/// <summary>
/// Encrypts secrets for rest with AES-256-GCM under a key derived from the installation's. The envelope is one line of text,
/// <c>v1:&lt;key id&gt;:&lt;Base64 of nonce (12 bytes), tag (16), ciphertext&gt;</c>. The purpose is authenticated with it, so that one cache's envelope
/// does not open in another's place. Thread-safe.
/// </summary>
public sealed class SecretProtector
{
    private const string Version = "v1";
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private readonly byte[] _key;
    private readonly string _keyId;

    /// <summary>A protector under the installation's key, which may be disposed afterwards.</summary>
    /// <param name="installationKey">The master key.</param>
    public SecretProtector(InstallationKey installationKey)
    {
        ArgumentNullException.ThrowIfNull(installationKey);
        _key = installationKey.Derive("larder secret protector v1", 32);
        _keyId = installationKey.Id;
    }

    /// <summary>Encrypts a secret. Two calls give two different envelopes.</summary>
    /// <param name="secret">The secret; may be empty.</param>
    /// <param name="purpose">What it is for, such as <c>cache/orders/access-key/primary</c>; not secret; needed again to decrypt.</param>
    /// <returns>The envelope: one line of printable ASCII.</returns>
    public string Protect(Secret secret, string purpose)
    {
        ArgumentNullException.ThrowIfNull(secret);
        ArgumentException.ThrowIfNullOrEmpty(purpose);
        var plain = Encoding.UTF8.GetBytes(secret.Reveal());
        var sealedBytes = new byte[NonceBytes + TagBytes + plain.Length];
        var nonce = sealedBytes.AsSpan(0, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(_key, TagBytes);
        aes.Encrypt(nonce, plain, sealedBytes.AsSpan(NonceBytes + TagBytes), sealedBytes.AsSpan(NonceBytes, TagBytes), AssociatedData(purpose));
        CryptographicOperations.ZeroMemory(plain);
        return $"{Version}:{_keyId}:{Convert.ToBase64String(sealedBytes)}";
    }

    /// <summary>Decrypts an envelope.</summary>
    /// <param name="envelope">What <see cref="Protect"/> returned.</param>
    /// <param name="purpose">The purpose it was encrypted for.</param>
    /// <returns>The secret.</returns>
    /// <exception cref="SecretProtectionException">Not an envelope, another key's, another purpose's, or changed.</exception>
    public Secret Unprotect(string envelope, string purpose)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        ArgumentException.ThrowIfNullOrEmpty(purpose);
        var parts = envelope.Split(':');
        if (parts.Length != 3 || parts[0] != Version)
        {
            throw Malformed(purpose);
        }

        if (parts[1] != _keyId)
        {
            throw new SecretProtectionException(SecretProtectionFailure.WrongKey,
                $"The secret '{purpose}' was encrypted under master key {parts[1]}, but this installation's is {_keyId}. "
                + "Restore the master.key that belongs to this home folder.");
        }

        var sealedBytes = new byte[parts[2].Length];
        // Non-canonical Base64 would let the text change without the content changing; only what Protect writes is accepted.
        if (!Convert.TryFromBase64String(parts[2], sealedBytes, out var length) || length < NonceBytes + TagBytes
            || Convert.ToBase64String(sealedBytes.AsSpan(0, length)) != parts[2])
        {
            throw Malformed(purpose);
        }

        var plain = new byte[length - NonceBytes - TagBytes];
        try
        {
            using var aes = new AesGcm(_key, TagBytes);
            aes.Decrypt(sealedBytes.AsSpan(0, NonceBytes), sealedBytes.AsSpan(NonceBytes + TagBytes, plain.Length),
                sealedBytes.AsSpan(NonceBytes, TagBytes), plain, AssociatedData(purpose));
            return new Secret(Encoding.UTF8.GetString(plain));
        }
        catch (AuthenticationTagMismatchException cause)
        {
            throw new SecretProtectionException(SecretProtectionFailure.NotAuthentic,
                $"The secret '{purpose}' was changed after it was encrypted, or belongs to something else. Restore it from a backup or create it anew.",
                cause);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    private static byte[] AssociatedData(string purpose) => Encoding.UTF8.GetBytes($"{Version}:{purpose}");

    private static SecretProtectionException Malformed(string purpose) => new(SecretProtectionFailure.Malformed,
        $"The secret '{purpose}' is not in a form this version of Larder reads ('{Version}:<key id>:<Base64>'). "
        + "It is damaged or was written by a newer Larder.");
}
