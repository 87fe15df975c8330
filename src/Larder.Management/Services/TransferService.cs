using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using Larder.Backup.Catalogue;
using Larder.Backup.History;
using Larder.Backup.Storages;
using Larder.Management.Contracts;
using Larder.Model.Installation;
using Larder.Model.Operations;
using Larder.Model.Status;
using Larder.Store;
using Larder.Store.Documents;

namespace Larder.Management.Services;

/// <summary>Takes requests about a cache's data as a whole: backups, restore, export, import. Checks what can be checked before anything is begun.</summary>
/// <param name="documents">The stored caches.</param>
/// <param name="store">The control store.</param>
/// <param name="storages">The storages.</param>
/// <param name="caches">Makes the new cache of a restore.</param>
/// <param name="scaling">Tells whether a number of shards is being changed.</param>
/// <param name="statuses">What was seen.</param>
/// <param name="home">The installation's folders.</param>
/// <param name="clock">The clock.</param>
internal sealed class TransferService(
    CacheDocuments documents, IControlStore store, StorageCatalogue storages, CacheService caches, ScalingService scaling, IStatusSource statuses, LarderHome home, TimeProvider clock)
{
    private const int MostFiles = 1000;

    /// <summary>The backups of a cache; it need not exist any more.</summary>
    /// <param name="name">The cache's name.</param>
    /// <param name="storage">Where to look, or <c>null</c> for the cache's own storage.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The backups.</returns>
    public async Task<BackupsView> ListAsync(string name, string? storage, CancellationToken cancellationToken)
    {
        var document = storage is null ? (await documents.GetAsync(name, cancellationToken)).Document : (await documents.FindAsync(name, cancellationToken)).Document;
        var cache = document?.Spec.Name ?? name;
        var place = Find(storage ?? document!.Spec.Backup.Storage);
        var listing = await AskAsync(() => new BackupCatalogue(place).ListAsync(cache, cancellationToken));
        return new BackupsView(
            cache, place.Name, place.Location,
            [.. listing.Backups.Select(backup => new BackupView(
                backup.Id, backup.TakenAt, backup.EndedAt, backup.Bytes, backup.Keys, $"{backup.Engine} {backup.EngineVersion}",
                backup.Shards.Max(shard => shard.RdbVersion), backup.TrialLoaded, backup.CacheUid == document?.Uid))],
            listing.Problems,
            document is null ? null : statuses.Find(cache)?.Backup);
    }

    /// <summary>Asks for a backup now.</summary>
    /// <param name="name">The cache.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The operation to follow.</returns>
    public async Task<ApplyView> BackUpAsync(string name, CancellationToken cancellationToken)
    {
        var (document, _) = await documents.GetAsync(name, cancellationToken);
        return await BeginAsync(document.Spec.Name, new TransferDocument
        {
            OperationId = NewId(),
            Kind = OperationKind.Backup,
            Storage = Find(document.Spec.Backup.Storage).Name,
        }, cancellationToken);
    }

    /// <summary>Asks for the data of a backup.</summary>
    /// <param name="name">The cache.</param>
    /// <param name="request">Which backup, and where to.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The operation to follow.</returns>
    public async Task<ApplyView> RestoreAsync(string name, RestoreRequest request, CancellationToken cancellationToken)
    {
        var (document, _) = await documents.GetAsync(name, cancellationToken);
        var source = request.From ?? document.Spec.Name;
        var storage = Find(request.Storage ?? document.Spec.Backup.Storage);
        RefuseToDrop(document, request.DropOtherDatabases);
        var transfer = new TransferDocument
        {
            OperationId = NewId(),
            Kind = OperationKind.Restore,
            Storage = storage.Name,
            Source = source,
            Replace = request.Replace,
            DropOtherDatabases = request.DropOtherDatabases,
        };
        if (request.At is { } at && await WindowAsync(source, cancellationToken))
        {
            RefuseOutsideTheWindow(source, at);
            transfer = transfer with { At = at };
        }
        else
        {
            var backups = (await AskAsync(() => new BackupCatalogue(storage).ListAsync(source, cancellationToken))).Backups;
            transfer = transfer with { BackupId = Choose(source, storage, backups, request.At).Id };
        }

        if (request.Into is not { } into)
        {
            return await BeginAsync(document.Spec.Name, transfer, cancellationToken);
        }

        if ((await documents.FindAsync(into, cancellationToken)).Document is not null)
        {
            throw new ManagementException(
                ManagementFailure.Refused, $"There is a cache named {into} already; --into makes a new one. Choose another name, or restore into {into} itself: larder restore {into} --from {source}");
        }

        // A cache that is made for it has ports of its own where the old one asked for some; it is served when the data is there.
        var spec = document.Spec with { Name = into, Endpoint = document.Spec.Endpoint with { TlsPort = null, PlainPort = null, HostName = null } };
        var wanted = transfer with { Replace = true, HoldsClients = true };
        var operation = NewOperation(wanted, into);
        await caches.ApplyAsync(spec, acceptEviction: false, transaction => Begin(transaction, into, wanted, operation), cancellationToken);
        return new ApplyView(null, operation.Id);
    }

    /// <summary>Asks for the data as files.</summary>
    /// <param name="name">The cache.</param>
    /// <param name="request">Where to.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The operation to follow.</returns>
    public async Task<ApplyView> ExportAsync(string name, ExportRequest request, CancellationToken cancellationToken)
    {
        var (document, _) = await documents.GetAsync(name, cancellationToken);
        var storage = Place(request.Storage, request.Folder);
        var prefix = request.Prefix
            ?? $"{document.Spec.Name.ToLowerInvariant()}-{clock.GetUtcNow().UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)}/";
        if (ObjectPath.Problem(prefix) is { } problem)
        {
            throw new ManagementException(ManagementFailure.Invalid, $"The prefix '{prefix}' {problem}.");
        }

        var there = await AskAsync(() => FilesAsync(storage, prefix + "shard-", cancellationToken));
        return there.Count > 0
            ? throw new ManagementException(
                ManagementFailure.Refused, $"Storage '{storage.Name}' has files with the prefix '{prefix}' already, such as '{there[0]}'; nothing is overwritten. Choose another prefix.")
            : await BeginAsync(document.Spec.Name, new TransferDocument
            {
                OperationId = NewId(),
                Kind = OperationKind.Export,
                Storage = request.Folder ?? storage.Name,
                Prefix = prefix,
            }, cancellationToken);
    }

    /// <summary>Asks for the data of files in place of what the cache holds.</summary>
    /// <param name="name">The cache.</param>
    /// <param name="request">Which files.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The operation to follow.</returns>
    public async Task<ApplyView> ImportAsync(string name, ImportRequest request, CancellationToken cancellationToken)
    {
        var (document, _) = await documents.GetAsync(name, cancellationToken);
        var storage = Place(request.Storage, request.Folder);
        RefuseToDrop(document, request.DropOtherDatabases);
        var files = request.Files.IsDefault ? [] : request.Files.ToList();
        foreach (var path in request.Prefix is { Length: > 0 } prefix ? files.Append(prefix) : files)
        {
            if (ObjectPath.Problem(path) is { } problem)
            {
                throw new ManagementException(ManagementFailure.Invalid, $"The path '{path}' {problem}.");
            }
        }

        if (files.GroupBy(file => file, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new ManagementException(ManagementFailure.Invalid, $"The file '{twice.Key}' is named {twice.Count()} times; name it once.");
        }

        if (request.Prefix is { } wanted)
        {
            var found = (await AskAsync(() => FilesAsync(storage, wanted, cancellationToken))).Where(path => path.EndsWith(".rdb", StringComparison.Ordinal));
            files.AddRange(found.Except(files, StringComparer.Ordinal));
        }

        if (files.Count is 0 or > MostFiles)
        {
            throw new ManagementException(
                ManagementFailure.Invalid,
                files.Count > 0 ? $"There are {files.Count} files; at most {MostFiles} are imported at once."
                : request.Prefix is { } none ? $"No file in storage '{storage.Name}' ({storage.Location}) begins with '{none}' and ends with '.rdb'."
                : "No file is named: nothing is imported. Name the files, or a --prefix.");
        }

        foreach (var file in files)
        {
            if (!(await AskAsync(() => FilesAsync(storage, file, cancellationToken))).Contains(file, StringComparer.Ordinal))
            {
                throw new ManagementException(ManagementFailure.NotFound, $"There is no '{file}' in storage '{storage.Name}' ({storage.Location}).");
            }
        }

        return await BeginAsync(document.Spec.Name, new TransferDocument
        {
            OperationId = NewId(),
            Kind = OperationKind.Import,
            Storage = request.Folder ?? storage.Name,
            Files = [.. files],
            Replace = true,
            DropOtherDatabases = request.DropOtherDatabases,
        }, cancellationToken);
    }

    private static void RefuseToDrop(CacheDocument document, bool asked)
    {
        if (asked && !document.Spec.Cluster.EnableCluster)
        {
            throw new ManagementException(
                ManagementFailure.Invalid, $"{document.Spec.Name} is not clustered and takes the keys of all databases: there is nothing to drop. Leave --drop-other-databases out.");
        }
    }

    private async Task<bool> WindowAsync(string source, CancellationToken cancellationToken) =>
        (await documents.FindAsync(source, cancellationToken)).Document is { Spec.Backup.WindowHours: > 0 };

    /// <summary>The past of a log is kept for a window: what is older, or has not happened yet, cannot be rebuilt.</summary>
    private void RefuseOutsideTheWindow(string source, DateTimeOffset at)
    {
        var moments = HistoryFolders.Of(home, storages, source).SelectMany(history => history.Moments()).ToList();
        if (moments.Count == 0)
        {
            throw new ManagementException(ManagementFailure.Refused, $"Nothing of the history of {source}'s log is kept yet.");
        }

        var (oldest, now) = (moments.Min(moment => moment.Start), clock.GetUtcNow());
        if (at < oldest || at >= now)
        {
            throw new ManagementException(
                ManagementFailure.Refused, $"The state of {source} at {at:u} cannot be rebuilt: the history of its log reaches from {oldest:u} to now, {now:u}.");
        }
    }

    private static BackupManifest Choose(string source, IStorage storage, ImmutableArray<BackupManifest> backups, DateTimeOffset? at)
    {
        if (backups.IsEmpty)
        {
            throw new ManagementException(
                ManagementFailure.Refused, $"There is no backup of {source} in storage '{storage.Name}' ({storage.Location}). Name another storage with --storage.");
        }

        return backups.FirstOrDefault(backup => at is null || backup.TakenAt <= at)
            ?? throw new ManagementException(
                ManagementFailure.Refused,
                $"No backup of {source} is as old as {at:u}: the oldest one was taken at {backups[^1].TakenAt:u}, the newest at {backups[0].TakenAt:u}.");
    }

    private IStorage Find(string name) => storages.Find(name) ?? throw new ManagementException(ManagementFailure.Invalid, storages.Missing(name));

    private IStorage Place(string? storage, string? folder) => (storage, folder) switch
    {
        (null, { } path) => Path.IsPathFullyQualified(path) && Path.GetFullPath(path) == path
            ? new FolderStorage(path, path)
            : throw new ManagementException(ManagementFailure.Invalid, $"The folder '{path}' must be an absolute path without '.' and '..'."),
        (_, null) => Find(storage ?? StorageCatalogue.LocalName),
        _ => throw new ManagementException(ManagementFailure.Invalid, "Name a storage or a folder, not both."),
    };

    /// <summary>Slots must not move meanwhile: a key that does could be read in neither of two shards, or given to one that has its slot no more.</summary>
    private async Task<ApplyView> BeginAsync(string cache, TransferDocument transfer, CancellationToken cancellationToken)
    {
        var operation = NewOperation(transfer, cache);
        while (true)
        {
            var key = StoreKeys.Cluster(cache);
            var (cluster, revision) = await documents.ReadAsync<ClusterDocument>(key, cancellationToken);
            if (cluster?.Scaling is not null)
            {
                await scaling.RequireIdleAsync(cache, cancellationToken);
                continue;
            }

            if ((await store.CommitAsync(Begin(StoreTransaction.Empty.IfRevision(key, revision), cache, transfer, operation), cancellationToken)).Committed)
            {
                return new ApplyView(null, operation.Id);
            }

            if (await store.GetAsync(StoreKeys.Transfer(cache), cancellationToken) is not null)
            {
                throw new ManagementException(
                    ManagementFailure.Busy, $"Another backup, restore, export or import of {cache} is under way. Wait until it has ended; see: larder events {cache}");
            }
        }
    }

    private static StoreTransaction Begin(StoreTransaction transaction, string cache, TransferDocument transfer, OperationDocument operation) => transaction
        .IfAbsent(StoreKeys.Transfer(cache))
        .Put(StoreKeys.Transfer(cache), StoreCodec.Encode(transfer, DocumentSchemas.Current))
        .Put(StoreKeys.Operation(operation.Id), StoreCodec.Encode(operation, DocumentSchemas.Current));

    private OperationDocument NewOperation(TransferDocument transfer, string cache) => new()
    {
        Id = transfer.OperationId,
        Kind = transfer.Kind,
        Cache = cache,
        State = OperationState.Running,
        Phase = "accepted",
        StartedAt = clock.GetUtcNow(),
    };

    private static async Task<List<string>> FilesAsync(IStorage storage, string prefix, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        await foreach (var stored in storage.ListAsync(prefix, cancellationToken))
        {
            found.Add(stored.Path);
        }

        return found;
    }

    private static async Task<T> AskAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (StorageException exception)
        {
            throw new ManagementException(exception.IsTransient ? ManagementFailure.Unavailable : ManagementFailure.Refused, exception.Message);
        }
    }

    private static string NewId() => RandomNumberGenerator.GetHexString(32, lowercase: true);
}
