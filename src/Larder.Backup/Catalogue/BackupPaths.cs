using System.Globalization;

namespace Larder.Backup.Catalogue;

/// <summary>
/// Where backups lie in a storage: <c>caches/NAME/ID/shard-0000.rdb</c> and <c>caches/NAME/ID/manifest.json</c>, where ID is the time and the beginning
/// of the cache's unique id. By name, so that a new installation finds what a lost one has left.
/// </summary>
internal static class BackupPaths
{
    public const string Manifest = "manifest.json";
    private const int UidCharacters = 8;

    public static string Cache(string cache) => $"caches/{cache.ToLowerInvariant()}/";

    public static string Id(DateTimeOffset takenAt, string cacheUid) =>
        takenAt.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture) + "-" + cacheUid[..UidCharacters];

    public static bool IsOf(string id, string cacheUid) => id.EndsWith("-" + cacheUid[..UidCharacters], StringComparison.Ordinal);

    public static string ManifestOf(string cache, string id) => Cache(cache) + id + "/" + Manifest;

    public static string Shard(string cache, string id, int shard) =>
        Cache(cache) + id + "/shard-" + shard.ToString("D4", CultureInfo.InvariantCulture) + ".rdb";
}
