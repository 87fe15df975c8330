using System.Collections.Immutable;
using System.Security.Cryptography;
using Larder.Backup.Catalogue;
using Larder.Backup.Storages;
using Larder.Controller.Caches;
using Larder.Controller.Shards;
using Larder.Model.Events;
using Larder.Model.Operations;
using Larder.Model.Specs;
using Larder.Store;
using Larder.Store.Documents;

namespace Larder.Controller.Recovery;

/// <summary>
/// Notices that all local data of a cache is gone, tells of it, and begins the restore where the spec wants that. Used by the cache's loop alone.
/// </summary>
/// <param name="cache">The cache's key name.</param>
/// <param name="services">What it needs.</param>
internal sealed class CacheLoss(string cache, CacheServices services)
{
    private readonly Dictionary<ShardAgent, int> _handled = [];

    /// <summary>Whether a loss is not dealt with yet: clients must not write to what may be replaced.</summary>
    /// <param name="agents">The cache's shards.</param>
    /// <returns>Whether one is.</returns>
    public bool IsOpen(ImmutableArray<ShardAgent> agents) => agents.Any(IsNew);

    /// <summary>Deals with a loss, if there is one.</summary>
    /// <param name="document">The cache.</param>
    /// <param name="observed">Tells whether it was ever ready: before that there was nothing to lose.</param>
    /// <param name="agents">Its shards.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task StepAsync(CacheDocument document, ObservedDocument observed, ImmutableArray<ShardAgent> agents, CancellationToken cancellationToken)
    {
        // What happens to one shard of a host may have happened to all: they are restored together.
        if (!IsOpen(agents) || !agents.All(agent => agent.Snapshot.Looked))
        {
            return;
        }

        var lost = agents.Where(IsNew).Select(agent => (Agent: agent, agent.Losses)).ToImmutableArray();
        if (observed.FirstReadyAt is not null)
        {
            var key = StoreKeys.Transfer(cache);
            if (await services.Store.GetAsync(key, cancellationToken) is not { } entry)
            {
                await TellAsync(document, [.. lost.Select(one => one.Agent.Shard)], whole: lost.Length == agents.Length, cancellationToken);
            }
            else if (StoreCodec.Decode<TransferDocument>(key, entry.Value, DocumentSchemas.Current) is { Shards.IsEmpty: false } underWay
                && lost.Any(one => !underWay.Shards.Contains(one.Agent.Shard)))
            {
                // It brings back others; these come next.
                return;
            }
        }

        foreach (var (agent, losses) in lost)
        {
            _handled[agent] = losses;
        }
    }

    private bool IsNew(ShardAgent agent) => agent.Losses != _handled.GetValueOrDefault(agent);

    private async Task TellAsync(CacheDocument document, ImmutableArray<int> lost, bool whole, CancellationToken cancellationToken)
    {
        var spec = document.Spec;
        var (newest, problem) = await NewestAsync(document, cancellationToken);
        var whose = whole ? spec.Name : $"{(lost.Length == 1 ? "shard" : "shards")} {string.Join(" and ", lost)} of {spec.Name}";
        var what = spec.Redis.Persistence == PersistenceMode.Disabled
            ? $"All processes of {whose} have ended, and its data was in memory only."
            : $"None of the nodes of {whose} has data on this host.";
        if (spec.Backup.Restore == RestoreMode.Automatic && newest is not null)
        {
            var operation = new OperationDocument
            {
                Id = RandomNumberGenerator.GetHexString(32, lowercase: true),
                Kind = OperationKind.Restore,
                Cache = spec.Name,
                State = OperationState.Running,
                Phase = "accepted",
                StartedAt = services.Clock.GetUtcNow(),
            };
            var transfer = new TransferDocument
            {
                OperationId = operation.Id,
                Kind = OperationKind.Restore,
                Storage = spec.Backup.Storage,
                Source = spec.Name,
                BackupId = newest.Id,
                Replace = true,
                HoldsClients = true,
                Shards = whole ? [] : lost,
            };
            await services.Store.CommitAsync(
                StoreTransaction.Empty
                    .IfAbsent(StoreKeys.Transfer(cache))
                    .Put(StoreKeys.Transfer(cache), StoreCodec.Encode(transfer, DocumentSchemas.Current))
                    .Put(StoreKeys.Operation(operation.Id), StoreCodec.Encode(operation, DocumentSchemas.Current)),
                cancellationToken);
            Append(spec, $"{what} It is restored from backup {newest.Id}, taken at {newest.TakenAt:u}; what was written after that is lost.");
            return;
        }

        Append(spec, newest is null
            ? $"{what} It begins empty: {problem}"
            : $"{what} It begins empty, since backup.restore is manual. The newest backup is {newest.Id}, taken at {newest.TakenAt:u}: larder restore {spec.Name}{(whole ? "" : " --replace, which brings all shards back to it")}");
    }

    private async Task<(BackupManifest? Newest, string Problem)> NewestAsync(CacheDocument document, CancellationToken cancellationToken)
    {
        try
        {
            var storage = services.Storages.Get(document.Spec.Backup.Storage);
            var listing = await new BackupCatalogue(storage).ListAsync(cache, cancellationToken);
            return (listing.Backups.FirstOrDefault(), $"there is no backup of it in storage '{storage.Name}'.");
        }
        catch (StorageException exception)
        {
            return (null, $"its backups cannot be looked for: {exception.Message} When the storage is back: larder restore {document.Spec.Name}");
        }
    }

    private void Append(CacheSpec spec, string message) => services.Events.Append(new CacheEvent(EventKind.DataLost, spec.Name, message));
}
