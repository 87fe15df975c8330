using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Larder.Backup.Encryption;

namespace Larder.Backup.Storages;

/// <summary>Encrypts all that goes into another storage with a user's key, and decrypts what comes out of it.</summary>
/// <param name="inner">Where the encrypted objects go.</param>
/// <param name="key">The key.</param>
public sealed class EncryptedStorage(IStorage inner, EncryptionKey key) : IStorage
{
    /// <inheritdoc/>
    public string Name => inner.Name;

    /// <inheritdoc/>
    public string Location => $"{inner.Location} (encrypted with key {key.Id})";

    /// <inheritdoc/>
    public Task CheckAsync(CancellationToken cancellationToken) => inner.CheckAsync(cancellationToken);

    /// <inheritdoc/>
    /// <remarks>The content is read twice, so it must be seekable: once for its hash, from which its key comes, and once to encrypt it.</remarks>
    public async Task WriteAsync(string path, Stream content, Action<long>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        var begin = content.Position;
        var hash = await SHA256.HashDataAsync(content, cancellationToken);
        content.Position = begin;
        await using var encrypted = new EncryptingStream(content, key, key.SaltOf(path, hash));
        await inner.WriteAsync(path, encrypted, progress, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<Stream> OpenAsync(string path, CancellationToken cancellationToken)
    {
        var encrypted = await inner.OpenAsync(path, cancellationToken);
        try
        {
            return await DecryptingStream.OpenAsync(encrypted, key, $"'{path}' of storage '{Name}'", cancellationToken);
        }
        catch
        {
            await encrypted.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredObject> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var stored in inner.ListAsync(prefix, cancellationToken))
        {
            yield return stored;
        }
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string path, CancellationToken cancellationToken) => inner.DeleteAsync(path, cancellationToken);
}
