using System.Collections.Immutable;
using System.Security.Cryptography;
using Larder.Management.Contracts;
using Larder.Model.Operations;
using Larder.Model.Status;
using Larder.Store;
using Larder.Store.Documents;

namespace Larder.Management.Services;

/// <summary>Takes requests for another primary, and for failures on purpose.</summary>
/// <param name="documents">The stored caches.</param>
/// <param name="store">The control store.</param>
/// <param name="statuses">What was seen.</param>
/// <param name="clock">The clock.</param>
internal sealed class FailoverService(CacheDocuments documents, IControlStore store, IStatusSource statuses, TimeProvider clock)
{
    private const string Production = "production";

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
        var shard = Find(cache, request.Shard);
        await RefuseSecondAsync(cache, cancellationToken);
        if (!request.Force || HasPrimary(shard))
        {
            RequireCandidate(cache, shard);
        }
        else if (!shard.Nodes.Any(node => node.State is NodeState.Syncing or NodeState.InSync))
        {
            throw new ManagementException(ManagementFailure.Refused, $"Shard {shard.Id} of {cache} has no node that could become its primary.", Reasons(shard.Nodes));
        }

        return await AcceptAsync(cache, OperationKind.Failover, id => new FailoverDocument(id, shard.Id, shard.Epoch, request.Force), cancellationToken);
    }

    /// <summary>Looks whether a drill would be accepted; changes nothing.</summary>
    /// <param name="name">The cache.</param>
    /// <param name="request">Which shard, and what.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ManagementException">It would not; the message says why.</exception>
    public Task CheckDrillAsync(string name, DrillRequest request, CancellationToken cancellationToken) => PrepareAsync(name, request, cancellationToken);

    /// <summary>Causes a failure on purpose.</summary>
    /// <param name="name">The cache.</param>
    /// <param name="request">Which shard, and what.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The operation to follow; it ends when there is another primary.</returns>
    /// <exception cref="ManagementException">It is not possible now, or not meant; nothing was changed.</exception>
    public async Task<ApplyView> DrillAsync(string name, DrillRequest request, CancellationToken cancellationToken)
    {
        var (cache, shard, fault) = await PrepareAsync(name, request, cancellationToken);
        return await AcceptAsync(
            cache, OperationKind.Drill, id => new FailoverDocument(id, shard.Id, shard.Epoch, Force: false) { Fault = fault }, cancellationToken);
    }

    private async Task<(string Cache, ShardStatus Shard, DrillFault Fault)> PrepareAsync(string name, DrillRequest request, CancellationToken cancellationToken)
    {
        var (document, _) = await documents.GetAsync(name, cancellationToken);
        var cache = document.Spec.Name;
        if (!Enum.TryParse<DrillFault>(request.Fault, ignoreCase: true, out var fault) || !Enum.IsDefined(fault) || char.IsDigit(request.Fault[0]))
        {
            throw new ManagementException(ManagementFailure.Invalid, $"fault is '{request.Fault}'; it must be kill, hang or handover.");
        }

        var shard = Find(cache, request.Shard);
        if (document.Spec.Preset == Production && !request.Confirmed)
        {
            throw new ManagementException(
                ManagementFailure.Refused, $"{cache} is a production cache, and a drill is a real failure. Confirm that you mean it: --yes, or confirmed in the API.");
        }

        await RefuseSecondAsync(cache, cancellationToken);
        if (await RunningAsync(document.OperationId, cancellationToken) is { } running)
        {
            throw new ManagementException(
                ManagementFailure.Busy, $"{cache} is being changed ({running.Kind}: {running.Phase}). Wait until that has ended; see: larder show {cache}");
        }

        RequireCandidate(cache, shard);
        return (cache, shard, fault);
    }

    private ShardStatus Find(string cache, int? wanted)
    {
        var shards = statuses.Find(cache)?.Shards ?? [];
        if (wanted is null && shards.Length > 1)
        {
            throw new ManagementException(
                ManagementFailure.Invalid, $"{cache} has {shards.Length} shards; say which one: --shard 0 to --shard {shards.Length - 1}.");
        }

        return shards.FirstOrDefault(shard => shard.Id == (wanted ?? 0))
            ?? throw new ManagementException(
                ManagementFailure.NotFound,
                shards.IsEmpty ? $"{cache} has no shards yet; see: larder show {cache}" : $"{cache} has no shard {wanted}; it has 0 to {shards.Length - 1}.");
    }

    private static bool HasPrimary(ShardStatus shard) => shard.Nodes.Any(node => node is { Role: NodeRole.Primary, State: NodeState.InSync });

    private static void RequireCandidate(string cache, ShardStatus shard)
    {
        if (!shard.Nodes.Any(node => node is { Role: NodeRole.Replica, State: NodeState.InSync }))
        {
            throw new ManagementException(
                ManagementFailure.Refused,
                $"Shard {shard.Id} of {cache} has no replica that could become its primary{(HasPrimary(shard) ? "" : ", and no primary either")}.",
                Reasons(shard.Nodes.Where(node => node.Role == NodeRole.Replica)));
        }
    }

    private static ImmutableArray<string> Reasons(IEnumerable<NodeStatus> nodes) =>
        [.. nodes.Select(node => $"node {node.Ordinal} is {node.State}{(node.Message.Length > 0 ? ": " + node.Message : "")}")];

    private async Task RefuseSecondAsync(string cache, CancellationToken cancellationToken)
    {
        if (await store.GetAsync(StoreKeys.Failover(cache), cancellationToken) is not null)
        {
            throw UnderWay(cache);
        }
    }

    private async Task<OperationDocument?> RunningAsync(string operationId, CancellationToken cancellationToken) =>
        (await documents.ReadAsync<OperationDocument>(StoreKeys.Operation(operationId), cancellationToken)).Document is { State: OperationState.Running } running ? running : null;

    private async Task<ApplyView> AcceptAsync(string cache, OperationKind kind, Func<string, FailoverDocument> request, CancellationToken cancellationToken)
    {
        var operation = new OperationDocument
        {
            Id = RandomNumberGenerator.GetHexString(32, lowercase: true),
            Kind = kind,
            Cache = cache,
            State = OperationState.Running,
            Phase = "accepted",
            StartedAt = clock.GetUtcNow(),
        };
        var key = StoreKeys.Failover(cache);
        var result = await store.CommitAsync(
            StoreTransaction.Empty
                .IfAbsent(key)
                .Put(key, StoreCodec.Encode(request(operation.Id), DocumentSchemas.Current))
                .Put(StoreKeys.Operation(operation.Id), StoreCodec.Encode(operation, DocumentSchemas.Current)),
            cancellationToken);
        return result.Committed ? new ApplyView(null, operation.Id) : throw UnderWay(cache);
    }

    private static ManagementException UnderWay(string cache) => new(
        ManagementFailure.Busy, $"Another failover or drill of {cache} is under way. Wait until it has ended; see: larder show {cache}");
}
