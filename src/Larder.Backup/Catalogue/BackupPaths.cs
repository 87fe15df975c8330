using System.Globalization;

namespace Larder.Backup.Catalogue;

/// <summary>
/// Where backups lie in a storage: <c>caches/NAME/ID/shard-0000.rdb</c> and <c>caches/NAME/ID/manifest.json</c>, where ID is the time and the beginning
/// of the cache's unique id. By name, so that a new installation finds what a lost one has left.
/// </summary>
public static class BackupPaths
{
    internal const string Manifest = "manifest.json";
    private const int UidCharacters = 8;

    internal static string Cache(string cache) => $"caches/{cache.ToLowerInvariant()}/";

    /// <summary>A backup's id.</summary>
    /// <param name="takenAt">When it was taken.</param>
    /// <param name="cacheUid">The cache's unique id.</param>
    /// <returns>The id; ids of one cache sort by time.</returns>
    public static string Id(DateTimeOffset takenAt, string cacheUid) =>
        takenAt.UtcDateTime.ToString("yyyyMMdd'T'HHmmssfff'Z'", CultureInfo.InvariantCulture) + "-" + cacheUid[..UidCharacters];

    internal static bool IsOf(string id, string cacheUid) => id.EndsWith("-" + cacheUid[..UidCharacters], StringComparison.Ordinal);

    internal static string ManifestOf(string cache, string id) => Cache(cache) + id + "/" + Manifest;

    /// <summary>Where a shard of a backup lies.</summary>
    /// <param name="cache">The cache's name.</param>
    /// <param name="id">The backup's id.</param>
    /// <param name="shard">The shard.</param>
    /// <returns>The object's path.</returns>
    public static string Shard(string cache, string id, int shard) =>
        Cache(cache) + id + "/shard-" + shard.ToString("D4", CultureInfo.InvariantCulture) + ".rdb";
}
