using System.Security.Cryptography;
using System.Text;
using Larder.Security.Files;

namespace Larder.Security.Keys;

/// <summary>
/// The installation's master key, from which the keys that encrypt its secrets are derived. It lies in <c>secrets/master.key</c> of the home folder:
/// whoever has that file and the control store can read every access key, and without it they are lost.
/// Immutable and thread-safe; disposing it wipes the key from memory.
/// </summary>
public sealed class InstallationKey : IDisposable
{
    /// <summary>Bytes of the master key.</summary>
    public const int SizeBytes = 32;

    private const string Header = "larder-master-key-v1:";
    private readonly byte[] _key;

    private InstallationKey(byte[] key)
    {
        _key = key;
        Id = Convert.ToHexStringLower(Derive("larder key id", 4));
    }

    /// <summary>Names the key without revealing it: 8 hexadecimal characters, written into everything it encrypts.</summary>
    public string Id { get; }

    /// <summary>Reads the key of an installation, and creates one where there is none.</summary>
    /// <param name="home">The installation's home folder, created (0700) when missing.</param>
    /// <returns>The key; the caller disposes it.</returns>
    /// <exception cref="SecretFileException">The folder or the file is open to other users, unreadable, or holds no key.</exception>
    /// <exception cref="IOException">The file could not be written.</exception>
    public static InstallationKey OpenOrCreate(string home)
    {
        var folder = Path.Combine(Path.GetFullPath(home), "secrets");
        var path = Path.Combine(folder, "master.key");
        OwnerOnlyFile.CreateFolder(folder);
        OwnerOnlyFile.RequireOwnerOnly(folder);
        if (!File.Exists(path))
        {
            var fresh = RandomNumberGenerator.GetBytes(SizeBytes);
            var text = Encoding.ASCII.GetBytes($"{Header}{Convert.ToBase64String(fresh)}\n");
            CryptographicOperations.ZeroMemory(fresh);
            // Somebody else may have been first: then theirs is the key, and it is read below like any other.
            _ = OwnerOnlyFile.TryWriteNew(path, text);
            CryptographicOperations.ZeroMemory(text);
        }

        return Read(path);
    }

    /// <inheritdoc/>
    public void Dispose() => CryptographicOperations.ZeroMemory(_key);

    internal byte[] Derive(string purpose, int lengthBytes) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _key, lengthBytes, info: Encoding.UTF8.GetBytes(purpose));

    private static InstallationKey Read(string path)
    {
        OwnerOnlyFile.RequireOwnerOnly(path);
        string text;
        try
        {
            text = File.ReadAllText(path).Trim();
        }
        catch (UnauthorizedAccessException cause)
        {
            throw new SecretFileException(path,
                $"The master key '{path}' cannot be read by user '{Environment.UserName}'. Run Larder as the user who owns it.", cause);
        }

        var key = new byte[SizeBytes];
        if (!text.StartsWith(Header, StringComparison.Ordinal)
            || !Convert.TryFromBase64String(text[Header.Length..], key, out var written)
            || written != SizeBytes)
        {
            throw new SecretFileException(path,
                $"The master key '{path}' is damaged: expected '{Header}' and the Base64 of {SizeBytes} bytes. Restore the file from a backup; "
                + "a new one could not decrypt this installation's access keys.");
        }

        return new InstallationKey(key);
    }
}
