using System.Collections.Immutable;
using Larder.Backup.Storages;
using Larder.Controller.Backups;
using Larder.Controller.Caches;
using Larder.Controller.Clusters;
using Larder.Controller.Shards;
using Larder.Engines;
using Larder.Model.Engines;
using Larder.Store;
using Larder.Store.Documents;

namespace Larder.Controller.Transfers;

/// <summary>What a transfer works with.</summary>
internal sealed record TransferContext
{
    /// <summary>The controller's parts.</summary>
    public required CacheServices Services { get; init; }

    /// <summary>The cache.</summary>
    public required CacheDocument Document { get; init; }

    /// <summary>Its shards.</summary>
    public required ImmutableArray<ShardAgent> Agents { get; init; }

    /// <summary>The engine that its nodes run.</summary>
    public required EngineInstallation Installation { get; init; }

    /// <summary>Its backups.</summary>
    public required CacheBackups Backups { get; init; }

    /// <summary>What holds its shards together.</summary>
    public required CacheCluster Cluster { get; init; }

    /// <summary>Has clients wait, or be served again; completes when the cache's route says so.</summary>
    public required Func<bool, CancellationToken, Task> HoldAsync { get; init; }

    /// <summary>Tells the operation's progress.</summary>
    public required TransferProgress Progress { get; init; }

    /// <summary>The cache's name.</summary>
    public string Cache => Document.Spec.Name;

    /// <summary>Whether it is clustered, even if of one shard.</summary>
    public bool IsClustered => Document.Spec.Cluster.EnableCluster;

    /// <summary>What the engine can do.</summary>
    public EngineFeatures Features => Services.Nodes.Engines.For(Installation.Family).Describe(Installation);

    /// <summary>A folder of the transfer's own, on the file system of the nodes.</summary>
    public string WorkFolder(TransferDocument transfer) => Path.Combine(Services.Home.CacheFolder(Cache), "transfer", transfer.OperationId[..12]);

    /// <summary>The storage that a transfer names: one of the settings, or a folder of this host by its absolute path.</summary>
    public IStorage Storage(TransferDocument transfer) => transfer.Storage.StartsWith('/')
        ? new FolderStorage(transfer.Storage, transfer.Storage)
        : Services.Storages.Get(transfer.Storage);

    /// <summary>Notes how far a transfer has come.</summary>
    public Task WriteAsync(TransferDocument transfer, CancellationToken cancellationToken) => Services.Store.CommitAsync(
        StoreTransaction.Empty.Put(StoreKeys.Transfer(Cache), StoreCodec.Encode(transfer, DocumentSchemas.Current)), cancellationToken);
}
