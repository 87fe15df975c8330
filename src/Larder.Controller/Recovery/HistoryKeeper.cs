using System.Globalization;
using Larder.Backup.History;
using Larder.Controller.Processes;
using Larder.Security.Files;

namespace Larder.Controller.Recovery;

/// <summary>Keeps the past of one node's log for a window: gives each base and increment a second name before the engine deletes its own. Used by one loop.</summary>
/// <param name="history">Where it is kept.</param>
internal sealed class HistoryKeeper(LogHistory history)
{
    private DateTime _seen;
    private long? _tenure;

    /// <summary>Keeps what is new, and lets go of what is older than the window.</summary>
    /// <param name="logFolder">The log's folder.</param>
    /// <param name="tenure">The epoch that the node is the primary of, or <c>null</c> where it is a replica.</param>
    /// <param name="window">How far back it is kept.</param>
    /// <param name="now">The time now.</param>
    /// <exception cref="IOException">It could not be kept; the next call tries again.</exception>
    public void Step(string logFolder, long? tenure, TimeSpan window, DateTimeOffset now)
    {
        if (tenure != _tenure && tenure is not null)
        {
            OwnerOnlyFile.CreateFolder(history.Folder);
            history.NoteTenure(now);
        }

        _tenure = tenure;
        var manifest = new FileInfo(Path.Combine(logFolder, SplitLog.Manifest));
        if (!manifest.Exists || manifest.LastWriteTimeUtc == _seen)
        {
            return;
        }

        var seen = manifest.LastWriteTimeUtc;
        if (SplitLog.Read(logFolder) is { Increments.IsEmpty: false } log)
        {
            OwnerOnlyFile.CreateFolder(history.Folder);
            var first = new FileInfo(Path.Combine(logFolder, log.Increments[0]));
            var moment = new LogMoment(
                new DateTimeOffset(first.CreationTimeUtc), now, log.Base is { } name ? Keep(logFolder, name) : null,
                [.. log.Increments.Select(increment => Keep(logFolder, increment))]);
            OwnerOnlyFile.Write(history.PathOf(moment), LogHistory.Serialize(moment));
            Retire(now - window);
        }

        _seen = seen;
    }

    // A file of this name may have been there before, in another life of the node: the time that it was made tells them apart.
    private string Keep(string logFolder, string name)
    {
        var file = new FileInfo(Path.Combine(logFolder, name));
        var kept = string.Create(CultureInfo.InvariantCulture, $"{file.CreationTimeUtc.Ticks}-{name}");
        if (!File.Exists(Path.Combine(history.Folder, kept)))
        {
            HardLink.Create(file.FullName, Path.Combine(history.Folder, kept));
        }

        return kept;
    }

    private void Retire(DateTimeOffset before)
    {
        history.RetireTenures(before);
        var moments = history.Moments();
        var needed = moments.LastOrDefault(moment => moment.Start <= before);
        var kept = moments.Where(moment => moment.Start > before || moment == needed).ToList();
        foreach (var moment in moments.Except(kept))
        {
            File.Delete(history.PathOf(moment));
        }

        var files = kept.SelectMany(moment => moment.Increments.Append(moment.Base ?? "")).ToHashSet(StringComparer.Ordinal);
        foreach (var path in Directory.GetFiles(history.Folder).Where(path => path.Contains("appendonly", StringComparison.Ordinal)))
        {
            if (!files.Contains(Path.GetFileName(path)))
            {
                File.Delete(path);
            }
        }
    }
}
