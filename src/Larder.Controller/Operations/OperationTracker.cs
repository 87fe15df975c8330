using Larder.Model.Operations;
using Larder.Store;
using Larder.Store.Documents;

namespace Larder.Controller.Operations;

/// <summary>Writes the progress of operations to the control store: only when the phase changes, never back, never after the end.</summary>
/// <param name="store">The control store.</param>
/// <param name="clock">The clock.</param>
internal sealed class OperationTracker(IControlStore store, TimeProvider clock)
{
    /// <summary>Reads an operation.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The operation, or <c>null</c>.</returns>
    public async Task<OperationDocument?> FindAsync(string id, CancellationToken cancellationToken)
    {
        var key = StoreKeys.Operation(id);
        return await store.GetAsync(key, cancellationToken) is { } entry
            ? StoreCodec.Decode<OperationDocument>(key, entry.Value, DocumentSchemas.Current)
            : null;
    }

    /// <summary>Tells where an operation stands.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="percent">0..99.</param>
    /// <param name="phase">One sentence.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task ReportAsync(string id, int percent, string phase, CancellationToken cancellationToken) => ChangeAsync(
        id,
        operation => operation.Phase == phase && operation.Percent >= percent
            ? operation
            : operation with { Percent = Math.Max(operation.Percent, percent), Phase = phase },
        cancellationToken);

    /// <summary>Notes why an operation is going to fail, before what it did is undone: the reason survives the undoing, and a restart in it.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task NoteFaultAsync(string id, string reason, CancellationToken cancellationToken) => ChangeAsync(
        id,
        operation => operation with { Phase = reason, Error = new OperationError("failing", reason, Undone: false) },
        cancellationToken);

    /// <summary>Ends an operation well.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="phase">One sentence on what was reached.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task SucceedAsync(string id, string phase, CancellationToken cancellationToken) => ChangeAsync(
        id,
        operation => operation with { State = OperationState.Succeeded, Percent = 100, Phase = phase, EndedAt = clock.GetUtcNow() },
        cancellationToken);

    /// <summary>Ends an operation badly.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="error">Why.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task FailAsync(string id, OperationError error, CancellationToken cancellationToken) => ChangeAsync(
        id,
        operation => operation with { State = OperationState.Failed, Error = error, Phase = error.Message, EndedAt = clock.GetUtcNow() },
        cancellationToken);

    private async Task ChangeAsync(string id, Func<OperationDocument, OperationDocument> change, CancellationToken cancellationToken)
    {
        var key = StoreKeys.Operation(id);
        while (await store.GetAsync(key, cancellationToken) is { } entry)
        {
            var now = StoreCodec.Decode<OperationDocument>(key, entry.Value, DocumentSchemas.Current);
            var next = now.State == OperationState.Running ? change(now) : now;
            if (next == now)
            {
                return;
            }

            var transaction = StoreTransaction.Empty.IfRevision(key, entry.Revision).Put(key, StoreCodec.Encode(next, DocumentSchemas.Current));
            if ((await store.CommitAsync(transaction, cancellationToken)).Committed)
            {
                return;
            }
        }
    }
}
