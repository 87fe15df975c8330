using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Larder.Backup.Snapshots;
using Larder.Controller.Nodes;
using Larder.Engines.Redis;
using Larder.Model.Events;
using Larder.Model.Specs;
using Larder.Security.Files;

namespace Larder.Controller.Recovery;

/// <summary>
/// Looks at a stopped node's data before it is started: snapshot by form and checksum, log by its manifest, its base and its increments. A log that only
/// ends too early is cut there, where the engine's own tool finds the same end; what is cut is kept aside. Nothing else is ever changed.
/// </summary>
/// <param name="services">What it needs of the host.</param>
/// <param name="toolsFolder">Where the links to an engine's check tools are.</param>
internal sealed partial class CopyCheck(NodeServices services, Func<Model.Engines.EngineInstallation, string> toolsFolder)
{
    /// <summary>Checks one node's copy.</summary>
    /// <param name="node">The node; must not be running.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What it is.</returns>
    public async Task<CopyFacts> RunAsync(NodeSupervisor node, CancellationToken cancellationToken)
    {
        var configuration = node.Configuration;
        try
        {
            node.RequireReach();
            return configuration.Persistence switch
            {
                PersistenceMode.Rdb when node.Features.RdbVersion is not null => await SnapshotAsync(node, cancellationToken),
                PersistenceMode.Aof or PersistenceMode.AofDual when node.Features.SplitLog => await LogAsync(node, cancellationToken),
                _ => new CopyFacts(node.Ordinal, HasFiles(configuration.DataFolder) ? CopyState.Good : CopyState.Empty, ""),
            };
        }
        catch (Exception exception) when (exception is SnapshotException or InvalidDataException)
        {
            return new CopyFacts(node.Ordinal, CopyState.Damaged, $"node {node.Ordinal}: {exception.Message}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new CopyFacts(node.Ordinal, CopyState.Unreachable, $"node {node.Ordinal}: its data cannot be read: {exception.Message}");
        }
    }

    private async Task<CopyFacts> SnapshotAsync(NodeSupervisor node, CancellationToken cancellationToken)
    {
        var path = services.Engines.For(node.Installation.Family).SnapshotFile(node.Configuration);
        if (!File.Exists(path))
        {
            return new CopyFacts(node.Ordinal, CopyState.Empty, "");
        }

        var facts = await RdbInspector.InspectFileAsync(path, cancellationToken);
        return new CopyFacts(node.Ordinal, CopyState.Good, "") { SavedAt = facts.CreatedAt ?? File.GetLastWriteTimeUtc(path) };
    }

    private async Task<CopyFacts> LogAsync(NodeSupervisor node, CancellationToken cancellationToken)
    {
        var folder = node.Configuration.LogFolder ?? Path.Combine(node.Configuration.DataFolder, RedisFiles.LogFolder);
        if (SplitLog.Read(folder) is not { } log)
        {
            return new CopyFacts(node.Ordinal, CopyState.Empty, "");
        }

        if (log.Base is { } first && first.EndsWith(".rdb", StringComparison.Ordinal))
        {
            await RdbInspector.InspectFileAsync(Path.Combine(folder, first), cancellationToken);
        }

        DateTimeOffset? until = null;
        for (var index = 0; index < log.Increments.Length; index++)
        {
            var path = Path.Combine(folder, log.Increments[index]);
            var scan = await LogScanner.ScanAsync(path, null, cancellationToken);
            until = scan.LastStamp ?? until;
            if (scan.Whole)
            {
                continue;
            }

            if (!scan.Torn || index < log.Increments.Length - 1)
            {
                throw new SnapshotException(
                    $"'{path}' is damaged in its middle: it can be read up to byte {scan.ValidUpTo} of {scan.Bytes}{(scan.Problem.Length > 0 ? $", and {scan.Problem}" : "")}");
            }

            await RepairAsync(node, path, scan, cancellationToken);
        }

        return new CopyFacts(node.Ordinal, CopyState.Good, "") { LoggedUntil = until };
    }

    private async Task RepairAsync(NodeSupervisor node, string path, LogScan scan, CancellationToken cancellationToken)
    {
        var said = await AskToolAsync(node, path, cancellationToken);
        if (ValidUpTo().Match(said) is not { Success: true } match
            || long.Parse(match.Groups["bytes"].Value, CultureInfo.InvariantCulture) != scan.ValidUpTo)
        {
            throw new SnapshotException(
                $"'{path}' seems to end too early at byte {scan.ValidUpTo} of {scan.Bytes}, but the engine's own check does not say so: {said}");
        }

        OwnerOnlyFile.CreateFolder(node.Folders.SetAside);
        var stamp = services.Clock.GetUtcNow().UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var kept = Path.Combine(node.Folders.SetAside, $"torn-{stamp}-{Path.GetFileName(path)}");
        await using (var log = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        await using (var aside = new FileStream(kept, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = OwnerOnlyFile.PrivateMode,
        }))
        {
            log.Position = scan.ValidUpTo;
            await log.CopyToAsync(aside, cancellationToken);
            aside.Flush(flushToDisk: true);
            log.SetLength(scan.ValidUpTo);
            log.Flush(flushToDisk: true);
        }

        services.Events.Append(new CacheEvent(
            EventKind.LogRepaired, node.Configuration.Cache,
            $"The log of node {node.Ordinal} ended in the middle of a command: its last {scan.Bytes - scan.ValidUpTo} bytes of {scan.Bytes} were cut off and are kept in '{kept}'.")
        {
            Node = node.Ordinal,
        });
    }

    private async Task<string> AskToolAsync(NodeSupervisor node, string path, CancellationToken cancellationToken)
    {
        var (executable, arguments) = CheckTools.Log(node.Installation, toolsFolder(node.Installation), path);
        var start = new ProcessStartInfo(executable) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start) ?? throw new SnapshotException($"The check tool of {node.Installation.ServerPath} could not be started.");
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return (await output + await errors).Trim();
    }

    private static bool HasFiles(string folder) =>
        Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any(path => Path.GetFileName(path) is not (".lock" or "larder-generation.json"));

    [GeneratedRegex(@"ok_up_to=(?<bytes>\d+)", RegexOptions.ExplicitCapture)]
    private static partial Regex ValidUpTo();
}
