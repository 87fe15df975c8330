using Larder.Backup.Storages;
using Larder.Model.Installation;

namespace Larder.Backup.History;

/// <summary>Where the histories of a cache's logs are on this host.</summary>
public static class HistoryFolders
{
    /// <summary>Finds them.</summary>
    /// <param name="home">The installation.</param>
    /// <param name="storages">The storages, of which some may have second logs.</param>
    /// <param name="cache">The cache's name.</param>
    /// <returns>One history for each node that has one; may be empty.</returns>
    public static IEnumerable<LogHistory> Of(LarderHome home, StorageCatalogue storages, string cache)
    {
        ArgumentNullException.ThrowIfNull(home);
        ArgumentNullException.ThrowIfNull(storages);
        var nodes = Path.Combine(home.CacheFolder(cache), "nodes");
        var beside = Directory.Exists(nodes) ? Directory.GetDirectories(nodes).Select(node => LogHistory.FolderOf(node, null)) : [];
        var second = storages.All.OfType<FolderStorage>()
            .Select(storage => Path.Combine(storage.Root, "logs"))
            .Where(Directory.Exists)
            .SelectMany(logs => Directory.GetDirectories(logs, $"{cache.ToLowerInvariant()}-????????"))
            .SelectMany(logs => Directory.GetDirectories(logs, "node-*-history", SearchOption.AllDirectories));
        return beside.Concat(second).Where(Directory.Exists).Select(folder => new LogHistory(folder));
    }
}
