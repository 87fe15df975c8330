using System.Globalization;
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

    /// <summary>The node whose log's history it is.</summary>
    /// <param name="history">One of <see cref="Of"/>.</param>
    /// <returns>Its ordinal.</returns>
    public static int NodeOf(LogHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        return Path.GetFileName(history.Folder) is "history"
            ? int.Parse(Path.GetFileName(Path.GetDirectoryName(history.Folder))!, CultureInfo.InvariantCulture)
            : int.Parse(Path.GetFileName(history.Folder)["node-".Length..^"-history".Length], CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// What to rebuild the state of a second with: the log of the node that was the primary then. Another's may be behind it, or still have what a full sync
    /// was about to replace, and is taken only where the primary's does not reach back so far.
    /// </summary>
    /// <param name="histories">The histories of a shard's nodes.</param>
    /// <param name="at">The second.</param>
    /// <returns>A history and its last moment before the second, or <c>null</c> where none reaches back so far.</returns>
    public static (LogHistory History, LogMoment Moment)? Choose(IEnumerable<LogHistory> histories, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(histories);
        var end = at.AddSeconds(1);
        return histories
            .Select(history => (History: history, Moment: history.Find(at), Since: history.Tenures().LastOrDefault(since => since < end)))
            .Where(found => found.Moment is not null)
            .OrderByDescending(found => found.Since)
            .ThenByDescending(found => found.Moment!.Start)
            .Select(found => ((LogHistory, LogMoment)?)(found.History, found.Moment!))
            .FirstOrDefault();
    }
}
