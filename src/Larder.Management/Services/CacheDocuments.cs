using System.Collections.Immutable;
using Larder.Store;
using Larder.Store.Documents;

namespace Larder.Management.Services;

/// <summary>Reads the stored caches.</summary>
/// <param name="store">The control store.</param>
internal sealed class CacheDocuments(IControlStore store)
{
    /// <summary>One cache.</summary>
    /// <param name="name">Its name, in any case.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The document and its revision, or <c>null</c> and 0.</returns>
    public async Task<(CacheDocument? Document, long Revision)> FindAsync(string name, CancellationToken cancellationToken)
    {
        var (document, revision) = await ReadAsync<CacheDocument>(StoreKeys.Spec(name), cancellationToken);
        return (document, revision);
    }

    /// <summary>One cache that must exist.</summary>
    /// <param name="name">Its name, in any case.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The document and its revision.</returns>
    /// <exception cref="ManagementException">There is none; the message lists those there are.</exception>
    public async Task<(CacheDocument Document, long Revision)> GetAsync(string name, CancellationToken cancellationToken)
    {
        var (document, revision) = await FindAsync(name, cancellationToken);
        if (document is not null)
        {
            return (document, revision);
        }

        var names = (await AllAsync(cancellationToken)).Select(cache => cache.Spec.Name).ToList();
        throw new ManagementException(
            ManagementFailure.NotFound,
            $"There is no cache named '{name}'. " + (names.Count == 0 ? "There are none yet." : $"There are: {string.Join(", ", names)}."));
    }

    /// <summary>All caches in the order of their names.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The documents.</returns>
    public async Task<ImmutableArray<CacheDocument>> AllAsync(CancellationToken cancellationToken)
    {
        var snapshot = await store.ListAsync(StoreKeys.Caches, cancellationToken);
        return [.. snapshot.Entries
            .Where(entry => entry.Key.EndsWith("/spec", StringComparison.Ordinal))
            .Select(entry => StoreCodec.Decode<CacheDocument>(entry.Key, entry.Value, DocumentSchemas.Current))];
    }

    /// <summary>The first node's placement.</summary>
    /// <param name="name">The cache.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The node, or <c>null</c> before the nodes are placed.</returns>
    public async Task<NodeDocument?> FirstNodeAsync(string name, CancellationToken cancellationToken) =>
        (await ReadAsync<NodeDocument>(StoreKeys.Node(name, 0), cancellationToken)).Document;

    /// <summary>Any document with its revision.</summary>
    /// <typeparam name="T">Its kind.</typeparam>
    /// <param name="key">Its key.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The document and its revision, or <c>null</c> and 0.</returns>
    public async Task<(T? Document, long Revision)> ReadAsync<T>(string key, CancellationToken cancellationToken)
        where T : class =>
        await store.GetAsync(key, cancellationToken) is { } entry
            ? (StoreCodec.Decode<T>(key, entry.Value, DocumentSchemas.Current), entry.Revision)
            : (null, 0);
}
