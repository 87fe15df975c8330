using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Larder.Security.Files;

namespace Larder.Backup.History;

/// <summary>
/// The past of a node's log in a folder: every base and increment of the window under a name of its own, and for each change of the log a
/// <see cref="LogMoment"/> that says how they belong together. The files are second names of the engine's own: they cost nothing until the engine has
/// deleted its name.
/// </summary>
/// <param name="folder">The folder.</param>
public sealed class LogHistory(string folder)
{
    private const string Pattern = "moment-*.json";
    private const string TenureMark = "primary-since-";
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>The folder.</summary>
    public string Folder => folder;

    /// <summary>Where the history of a node is: beside its data, or beside its log where that lies elsewhere.</summary>
    /// <param name="nodeFolder">The node's folder.</param>
    /// <param name="logFolder">Where its log is, or <c>null</c>.</param>
    /// <returns>The folder.</returns>
    public static string FolderOf(string nodeFolder, string? logFolder) =>
        logFolder is null ? Path.Combine(nodeFolder, "history") : logFolder + "-history";

    /// <summary>What is kept.</summary>
    /// <returns>Oldest first; empty where nothing is.</returns>
    public ImmutableArray<LogMoment> Moments() => !Directory.Exists(folder) ? [] :
        [.. Directory.GetFiles(folder, Pattern)
            .Select(path => JsonSerializer.Deserialize<LogMoment>(File.ReadAllText(path), Json)!)
            .OrderBy(moment => moment.Start)
            .ThenBy(moment => moment.Noted)];

    /// <summary>What to rebuild the state of a time with.</summary>
    /// <param name="at">The time.</param>
    /// <returns>The last moment that begins before it, or <c>null</c> where none does.</returns>
    public LogMoment? Find(DateTimeOffset at) => Moments().LastOrDefault(moment => moment.Start <= at);

    /// <summary>Since when the node has been the primary, each time that it became one.</summary>
    /// <returns>Oldest first; empty where it never was.</returns>
    public ImmutableArray<DateTimeOffset> Tenures() => !Directory.Exists(folder) ? [] :
        [.. Directory.GetFiles(folder, TenureMark + "*").Select(TenureOf).Order()];

    /// <summary>Notes that the node has become the primary.</summary>
    /// <param name="since">Since when.</param>
    public void NoteTenure(DateTimeOffset since) => OwnerOnlyFile.Write(
        Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{TenureMark}{since.ToUnixTimeMilliseconds()}")), "");

    /// <summary>Forgets the tenures that were over before a time: all but the last that began before it.</summary>
    /// <param name="before">The time.</param>
    public void RetireTenures(DateTimeOffset before)
    {
        foreach (var path in Directory.GetFiles(folder, TenureMark + "*").Where(path => TenureOf(path) <= before).OrderByDescending(TenureOf).Skip(1))
        {
            File.Delete(path);
        }
    }

    /// <summary>The name of a moment's file.</summary>
    /// <param name="moment">The moment.</param>
    /// <returns>An absolute path.</returns>
    public string PathOf(LogMoment moment)
    {
        ArgumentNullException.ThrowIfNull(moment);
        return Path.Combine(folder, string.Create(
            CultureInfo.InvariantCulture, $"moment-{moment.Start.ToUnixTimeMilliseconds()}-{moment.Noted.ToUnixTimeMilliseconds()}.json"));
    }

    /// <summary>A moment as its file holds it.</summary>
    /// <param name="moment">The moment.</param>
    /// <returns>JSON.</returns>
    public static string Serialize(LogMoment moment) => JsonSerializer.Serialize(moment, Json);

    private static DateTimeOffset TenureOf(string path) =>
        DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(Path.GetFileName(path)[TenureMark.Length..], CultureInfo.InvariantCulture));
}
