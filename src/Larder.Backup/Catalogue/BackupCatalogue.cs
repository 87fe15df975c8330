using System.Collections.Immutable;
using System.Text.Json;
using Larder.Backup.Storages;

namespace Larder.Backup.Catalogue;

/// <summary>The backups in one storage. Thread-safe.</summary>
/// <param name="storage">The storage.</param>
public sealed class BackupCatalogue(IStorage storage)
{
    private const int LargestManifest = 1 << 20;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>The storage.</summary>
    public IStorage Storage => storage;

    /// <summary>The complete backups of a cache, and what lies there and cannot be read.</summary>
    /// <param name="cache">The cache's name, in any case.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The backups, newest first.</returns>
    public async Task<BackupListing> ListAsync(string cache, CancellationToken cancellationToken)
    {
        var found = ImmutableArray.CreateBuilder<BackupManifest>();
        var problems = ImmutableArray.CreateBuilder<string>();
        await foreach (var stored in storage.ListAsync(BackupPaths.Cache(cache), cancellationToken))
        {
            if (!stored.Path.EndsWith("/" + BackupPaths.Manifest, StringComparison.Ordinal))
            {
                continue;
            }

            try
            {
                found.Add(await ReadAsync(stored, cancellationToken));
            }
            catch (Exception exception) when (exception is JsonException or StorageException { Kind: StorageFailure.Damaged or StorageFailure.NotFound })
            {
                problems.Add($"'{stored.Path}' of storage '{storage.Name}' cannot be read and does not count: {exception.Message}");
            }
        }

        return new BackupListing(
            [.. found.OrderByDescending(backup => backup.TakenAt).ThenByDescending(backup => backup.Id, StringComparer.Ordinal)], problems.ToImmutable());
    }

    /// <summary>Makes a backup count: all its objects must be there.</summary>
    /// <param name="backup">The backup.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task CommitAsync(BackupManifest backup, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(backup);
        using var content = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(backup, Json));
        await storage.WriteAsync(BackupPaths.ManifestOf(backup.Cache, backup.Id), content, null, cancellationToken);
    }

    /// <summary>Deletes a backup: its manifest first, so that it never counts while a part of it is gone.</summary>
    /// <param name="backup">The backup.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task DeleteAsync(BackupManifest backup, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(backup);
        await storage.DeleteAsync(BackupPaths.ManifestOf(backup.Cache, backup.Id), cancellationToken);
        foreach (var shard in backup.Shards)
        {
            await storage.DeleteAsync(shard.Path, cancellationToken);
        }
    }

    /// <summary>
    /// Retires what is too much: the oldest complete backups of this very cache, and what attempts before its newest one have left. Backups of
    /// another cache of the same name are never touched.
    /// </summary>
    /// <param name="cache">The cache's name.</param>
    /// <param name="cacheUid">Its unique id.</param>
    /// <param name="keep">How many to keep, at least 1.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The ids of the complete ones that were deleted.</returns>
    public async Task<ImmutableArray<string>> RetireAsync(string cache, string cacheUid, int keep, CancellationToken cancellationToken)
    {
        var ours = (await ListAsync(cache, cancellationToken)).Backups.Where(backup => backup.CacheUid == cacheUid).ToList();
        var retired = ours.Skip(Math.Max(1, keep)).ToList();
        foreach (var backup in retired)
        {
            await DeleteAsync(backup, cancellationToken);
        }

        if (ours.Count == 0)
        {
            return [];
        }

        var newest = ours[0].Id;
        var complete = ours.Select(backup => backup.Id).ToHashSet(StringComparer.Ordinal);
        var left = new List<string>();
        await foreach (var stored in storage.ListAsync(BackupPaths.Cache(cache), cancellationToken))
        {
            var id = stored.Path[BackupPaths.Cache(cache).Length..].Split('/')[0];
            if (BackupPaths.IsOf(id, cacheUid) && !complete.Contains(id) && string.CompareOrdinal(id, newest) < 0)
            {
                left.Add(stored.Path);
            }
        }

        foreach (var path in left)
        {
            await storage.DeleteAsync(path, cancellationToken);
        }

        return [.. retired.Select(backup => backup.Id)];
    }

    private async Task<BackupManifest> ReadAsync(StoredObject stored, CancellationToken cancellationToken)
    {
        if (stored.Size > LargestManifest)
        {
            throw new JsonException($"It has {stored.Size} bytes; a manifest has at most {LargestManifest}.");
        }

        await using var content = await storage.OpenAsync(stored.Path, cancellationToken);
        var backup = await JsonSerializer.DeserializeAsync<BackupManifest>(content, Json, cancellationToken) ?? throw new JsonException("It is empty.");
        return backup.Form > BackupManifest.NewestForm
            ? throw new JsonException($"It has form {backup.Form}; this Larder understands up to {BackupManifest.NewestForm}. Install a newer Larder.")
            : backup;
    }
}
