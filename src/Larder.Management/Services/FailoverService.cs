using System.Security.Cryptography;
using Larder.Management.Contracts;
using Larder.Model.Operations;
using Larder.Model.Status;
using Larder.Store;
using Larder.Store.Documents;

namespace Larder.Management.Services;

/// <summary>Takes requests for another primary.</summary>
/// <param name="documents">The stored caches.</param>
/// <param name="store">The control store.</param>
/// <param name="statuses">What was seen.</param>
/// <param name="clock">The clock.</param>
internal sealed class FailoverService(CacheDocuments documents, IControlStore store, IStatusSource statuses, TimeProvider clock)
{
    /// <summary>Asks for another primary.</summary>
    /// <param name="name">The cache.</param>
    /// <param name="request">Which shard, and how.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The operation to follow.</returns>
    /// <exception cref="ManagementException">
    /// There is no such cache or shard, no replica is eligible, or another failover is under way; nothing was changed.
    /// </exception>
    public async Task<ApplyView> FailOverAsync(string name, FailoverRequest request, CancellationToken cancellationToken)
    {
        var (document, _) = await documents.GetAsync(name, cancellationToken);
        var cache = document.Spec.Name;
        var shards = statuses.Find(cache)?.Shards ?? [];
        if (request.Shard is null && shards.Length > 1)
        {
            throw new ManagementException(
                ManagementFailure.Invalid, $"{cache} has {shards.Length} shards; say which one: --shard 0 to --shard {shards.Length - 1}.");
        }

        var shard = shards.FirstOrDefault(shard => shard.Id == (request.Shard ?? 0))
            ?? throw new ManagementException(
                ManagementFailure.NotFound,
                shards.IsEmpty ? $"{cache} has no shards yet; see: larder show {cache}" : $"{cache} has no shard {request.Shard}; it has 0 to {shards.Length - 1}.");
        if (!shard.Nodes.Any(node => node is { Role: NodeRole.Replica, State: NodeState.InSync }))
        {
            throw new ManagementException(
                ManagementFailure.Refused,
                $"Shard {shard.Id} of {cache} has no replica that could become its primary.",
                [.. shard.Nodes.Where(node => node.Role == NodeRole.Replica)
                    .Select(node => $"node {node.Ordinal} is {node.State}{(node.Message.Length > 0 ? ": " + node.Message : "")}")]);
        }

        var operation = new OperationDocument
        {
            Id = RandomNumberGenerator.GetHexString(32, lowercase: true),
            Kind = OperationKind.Failover,
            Cache = cache,
            State = OperationState.Running,
            Phase = "accepted",
            StartedAt = clock.GetUtcNow(),
        };
        var key = StoreKeys.Failover(cache);
        var result = await store.CommitAsync(
            StoreTransaction.Empty
                .IfAbsent(key)
                .Put(key, StoreCodec.Encode(new FailoverDocument(operation.Id, shard.Id, shard.Epoch, request.Force), DocumentSchemas.Current))
                .Put(StoreKeys.Operation(operation.Id), StoreCodec.Encode(operation, DocumentSchemas.Current)),
            cancellationToken);
        return result.Committed
            ? new ApplyView(null, operation.Id)
            : throw new ManagementException(
                ManagementFailure.Busy, $"Another failover of {cache} is under way. Wait until it has ended; see: larder show {cache}");
    }
}
