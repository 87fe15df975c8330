using System.Collections.Immutable;
using System.Security.Cryptography;
using Larder.Management.Contracts;
using Larder.Model.Operations;
using Larder.Model.Specs;
using Larder.Store;
using Larder.Store.Documents;

namespace Larder.Management.Services;

/// <summary>
/// What management can do to caches. Writes desired state and nothing else: the controller carries it out. All that is acknowledged is in the
/// control store first, in one commit. Thread-safe.
/// </summary>
/// <param name="store">The control store.</param>
/// <param name="documents">Reads the stored caches.</param>
/// <param name="plans">Compares specs.</param>
/// <param name="keys">Makes and opens secrets.</param>
/// <param name="scaling">Changes of the number of shards.</param>
/// <param name="clustering">Turning clustering on.</param>
/// <param name="views">Turns documents into what is shown.</param>
/// <param name="clock">The clock.</param>
internal sealed class CacheService(
    IControlStore store, CacheDocuments documents, PlanService plans, AccessKeyService keys, ScalingService scaling, ClusteringService clustering, CacheViews views,
    TimeProvider clock)
{
    /// <summary>All caches.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>In the order of their names.</returns>
    public async Task<ImmutableArray<CacheView>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await documents.AllAsync(cancellationToken)).Select(views.Of)];

    /// <summary>One cache.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The cache.</returns>
    public async Task<CacheView> ShowAsync(string name, CancellationToken cancellationToken) =>
        views.Of((await documents.GetAsync(name, cancellationToken)).Document);

    /// <summary>What applying a spec would do.</summary>
    /// <param name="desired">The spec.</param>
    /// <param name="acceptEviction">Whether keys may be evicted until the data fits a smaller size.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The plan.</returns>
    public async Task<PlanView> PlanAsync(CacheSpec desired, bool acceptEviction, CancellationToken cancellationToken) =>
        (await plans.PlanAsync(desired, acceptEviction, cancellationToken)).Plan;

    /// <summary>Stores a spec as what is wanted from now on.</summary>
    /// <param name="desired">The spec.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The plan that is being carried out, and the operation to follow.</returns>
    /// <exception cref="ManagementException">Something in it is refused; nothing was changed.</exception>
    public Task<ApplyView> ApplyAsync(CacheSpec desired, CancellationToken cancellationToken) => ApplyAsync(desired, acceptEviction: false, static transaction => transaction, cancellationToken);

    /// <summary>As <see cref="ApplyAsync(CacheSpec, CancellationToken)"/>, with more in the same commit.</summary>
    /// <param name="desired">The spec.</param>
    /// <param name="acceptEviction">Whether keys may be evicted until the data fits a smaller size.</param>
    /// <param name="more">Adds to the commit.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The plan that is being carried out, and the operation to follow.</returns>
    /// <exception cref="ManagementException">Something in it is refused; nothing was changed.</exception>
    public async Task<ApplyView> ApplyAsync(
        CacheSpec desired, bool acceptEviction, Func<StoreTransaction, StoreTransaction> more, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (plan, current, revision) = await plans.PlanAsync(desired, acceptEviction, cancellationToken);
            if (current is not null && plan.Kind != "none")
            {
                await scaling.RequireIdleAsync(current.Spec.Name, cancellationToken);
                await clustering.RequireIdleAsync(current.Spec.Name, cancellationToken);
            }

            if (!plan.Refusals.IsEmpty)
            {
                throw new ManagementException(
                    ManagementFailure.Refused,
                    $"{desired.Name} was not changed, since {(plan.Refusals.Length == 1 ? "this is" : "these are")} refused:",
                    [.. plan.Refusals.Select(refusal => $"{refusal.Field}: {refusal.Reason} {refusal.Instead}".TrimEnd())]);
            }

            if (plan.Kind == "none")
            {
                return new ApplyView(plan, null);
            }

            var operation = NewOperation(current is null ? OperationKind.Create : OperationKind.Update, desired.Name);
            var document = current is null
                ? new CacheDocument
                {
                    Spec = desired,
                    Generation = 1,
                    Uid = NewId(),
                    CreatedAt = clock.GetUtcNow(),
                    OperationId = operation.Id,
                }
                : current with { Spec = desired, Generation = current.Generation + 1, OperationId = operation.Id };
            var key = StoreKeys.Spec(desired.Name);
            var transaction = StoreTransaction.Empty
                .IfRevision(key, revision)
                .Put(key, StoreCodec.Encode(document, DocumentSchemas.Current))
                .Put(StoreKeys.Operation(operation.Id), StoreCodec.Encode(operation, DocumentSchemas.Current));
            if (current is null)
            {
                var secrets = keys.WithUsers(keys.Create(), desired.Access.Users.Keys);
                transaction = transaction.Put(StoreKeys.Secrets(desired.Name), StoreCodec.Encode(secrets, DocumentSchemas.Current));
            }
            else
            {
                transaction = await KeepUsersAsync(transaction, desired, cancellationToken);
                transaction = await SupersedeAsync(transaction, current.OperationId, cancellationToken);
                transaction = await scaling.AddAsync(transaction, current.Spec, desired, operation.Id, cancellationToken);
                transaction = clustering.Add(transaction, current.Spec, desired, operation.Id);
            }

            if ((await store.CommitAsync(more(transaction), cancellationToken)).Committed)
            {
                return new ApplyView(plan, operation.Id);
            }
        }
    }

    /// <summary>Wants a cache gone, with its data.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The operation to follow.</returns>
    public async Task<ApplyView> DeleteAsync(string name, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (document, revision) = await documents.GetAsync(name, cancellationToken);
            if (document.Deleting)
            {
                return new ApplyView(null, document.OperationId);
            }

            var operation = NewOperation(OperationKind.Delete, document.Spec.Name);
            var key = StoreKeys.Spec(name);
            var transaction = StoreTransaction.Empty
                .IfRevision(key, revision)
                .Put(key, StoreCodec.Encode(document with { Deleting = true, OperationId = operation.Id }, DocumentSchemas.Current))
                .Put(StoreKeys.Operation(operation.Id), StoreCodec.Encode(operation, DocumentSchemas.Current));
            transaction = await SupersedeAsync(transaction, document.OperationId, cancellationToken);
            if ((await store.CommitAsync(transaction, cancellationToken)).Committed)
            {
                return new ApplyView(null, operation.Id);
            }
        }
    }

    /// <summary>New users get keys, and those of users that are gone go with them, in the same commit.</summary>
    private async Task<StoreTransaction> KeepUsersAsync(StoreTransaction transaction, CacheSpec desired, CancellationToken cancellationToken)
    {
        var key = StoreKeys.Secrets(desired.Name);
        var (secrets, revision) = await documents.ReadAsync<SecretsDocument>(key, cancellationToken);
        var next = keys.WithUsers(secrets!, desired.Access.Users.Keys);
        return ReferenceEquals(next, secrets)
            ? transaction
            : transaction.IfRevision(key, revision).Put(key, StoreCodec.Encode(next, DocumentSchemas.Current));
    }

    /// <summary>A newer wish replaces one that is still being carried out: the controller drives to the newest, so the older operation ends.</summary>
    private async Task<StoreTransaction> SupersedeAsync(StoreTransaction transaction, string operationId, CancellationToken cancellationToken)
    {
        var key = StoreKeys.Operation(operationId);
        var (operation, revision) = await documents.ReadAsync<OperationDocument>(key, cancellationToken);
        if (operation is not { State: OperationState.Running })
        {
            return transaction;
        }

        var ended = operation with
        {
            State = OperationState.Failed,
            EndedAt = clock.GetUtcNow(),
            Error = new OperationError("superseded", $"A newer request for {operation.Cache} replaced this one.", Undone: false),
        };
        return transaction.IfRevision(key, revision).Put(key, StoreCodec.Encode(ended, DocumentSchemas.Current));
    }

    private OperationDocument NewOperation(OperationKind kind, string cache) => new()
    {
        Id = NewId(),
        Kind = kind,
        Cache = cache,
        State = OperationState.Running,
        Phase = "accepted",
        StartedAt = clock.GetUtcNow(),
    };

    private static string NewId() => RandomNumberGenerator.GetHexString(32, lowercase: true);
}
