using System.Runtime.CompilerServices;
using Larder.Model.Operations;
using Larder.Store;
using Larder.Store.Documents;

namespace Larder.Management.Services;

/// <summary>Shows and follows operations.</summary>
/// <param name="store">The control store.</param>
internal sealed class OperationService(IControlStore store)
{
    /// <summary>One operation.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The operation.</returns>
    public async Task<OperationDocument> GetAsync(string id, CancellationToken cancellationToken) =>
        await FindAsync(id, cancellationToken)
        ?? throw new ManagementException(ManagementFailure.NotFound, $"There is no operation '{id}'.");

    /// <summary>An operation at once and at each change, until it has ended.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>At least one document; the last one has ended.</returns>
    public async IAsyncEnumerable<OperationDocument> WatchAsync(string id, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var key = StoreKeys.Operation(id);
        var snapshot = await store.ListAsync(key, cancellationToken);
        var operation = await GetAsync(id, cancellationToken);
        yield return operation;
        if (operation.State != OperationState.Running)
        {
            yield break;
        }

        await foreach (var change in store.WatchAsync(key, snapshot.Revision + 1, cancellationToken))
        {
            if (change.Changes.LastOrDefault(change => change.Key == key) is not { Value: { } value })
            {
                continue;
            }

            operation = StoreCodec.Decode<OperationDocument>(key, value, DocumentSchemas.Current);
            yield return operation;
            if (operation.State != OperationState.Running)
            {
                yield break;
            }
        }
    }

    private async Task<OperationDocument?> FindAsync(string id, CancellationToken cancellationToken)
    {
        var key = StoreKeys.Operation(id);
        return await store.GetAsync(key, cancellationToken) is { } entry
            ? StoreCodec.Decode<OperationDocument>(key, entry.Value, DocumentSchemas.Current)
            : null;
    }
}
