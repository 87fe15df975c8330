using Larder.Backup.Snapshots;
using Larder.Backup.Storages;
using Larder.Controller.Processes;
using Larder.Controller.Snapshots;
using Larder.Engines;
using Larder.Engines.Copying;
using Larder.Security.Files;

namespace Larder.Controller.Transfers;

/// <summary>
/// Makes one snapshot, checked and loaded for a trial, of the files that a cache is to get its data from. Everything happens in a folder of its own;
/// the cache knows nothing of it.
/// </summary>
/// <param name="context">What it works with.</param>
/// <param name="storage">Where the files are.</param>
/// <param name="folder">The folder.</param>
internal sealed class IncomingData(TransferContext context, IStorage storage, string folder)
{
    /// <summary>Where the one snapshot is when it is complete.</summary>
    public string Snapshot => Path.Combine(folder, "new.rdb");

    /// <summary>Prepares it.</summary>
    /// <param name="files">The files; keys of a later one replace those of an earlier one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Keys in it; <c>null</c> where it was not loaded for a trial, since this host has not the memory for it.</returns>
    /// <exception cref="SnapshotException">A file is no snapshot, or a damaged one.</exception>
    /// <exception cref="TransferException">The engine does not load what is in it.</exception>
    public async Task<long?> PrepareAsync(IReadOnlyList<IncomingFile> files, CancellationToken cancellationToken)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        OwnerOnlyFile.CreateFolder(folder);
        var copies = new List<string>();
        var all = files.Sum(file => file.Bytes);
        var done = 0L;
        foreach (var file in files)
        {
            var copy = Path.Combine(folder, $"file-{copies.Count:D4}.rdb");
            var before = done;
            done += await FetchAsync(file, copy, bytes => context.Progress.Bytes("reading", before + bytes, all, 2, 40), cancellationToken);
            copies.Add(copy);
        }

        try
        {
            return copies.Count == 1 ? await TryAsync(copies[0], cancellationToken) : await MergeAsync(copies, cancellationToken);
        }
        catch (EngineException exception) when (exception.Kind == EngineFailure.Refused)
        {
            throw new TransferException(
                "cannot_be_loaded", $"{context.Installation.Family} {context.Installation.Version} does not load the data; {context.Cache} is as it was. {exception.Message}");
        }
    }

    private async Task<long> FetchAsync(IncomingFile file, string copy, Action<long> progress, CancellationToken cancellationToken)
    {
        var what = $"'{file.Path}' of storage '{storage.Name}'";
        await using var stored = await storage.OpenAsync(file.Path, cancellationToken);
        await using var local = new FileStream(copy, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            BufferSize = 0,
            Options = FileOptions.Asynchronous,
            UnixCreateMode = OwnerOnlyFile.PrivateMode,
        });
        var facts = await RdbInspector.InspectAsync(stored, what, local, progress, cancellationToken);
        local.Flush(flushToDisk: true);
        if (file.Sha256 is { } expected && facts.Sha256 != expected)
        {
            throw new SnapshotException($"{what} is not what was backed up: its SHA-256 is {facts.Sha256}, and was {expected}. Choose another backup.");
        }

        if (facts.Version > context.Features.RdbVersion)
        {
            throw new TransferException(
                "newer_version",
                $"{what} has RDB version {facts.Version}{(facts.WrittenBy is { } by ? $", written by version {by}" : "")}; {context.Cache} runs "
                + $"{context.Installation.Family} {context.Installation.Version}, which loads up to RDB version {context.Features.RdbVersion}. "
                + "Import it into a cache with a newer engine.");
        }

        return facts.Bytes;
    }

    private async Task<long?> TryAsync(string copy, CancellationToken cancellationToken)
    {
        var trial = new TrialLoad(context.Services);
        long? keys = null;
        if (trial.Fits(copy))
        {
            keys = await trial.RunAsync(
                context.Cache, context.Installation, copy, Path.Combine(folder, "trial"), inBackground: false, probe => context.Progress.Keys("loading", probe.Keys, 0, 45, 60), cancellationToken);
        }

        File.Move(copy, Snapshot);
        return keys;
    }

    private async Task<long?> MergeAsync(List<string> copies, CancellationToken cancellationToken)
    {
        var trial = new TrialLoad(context.Services);
        await using var target = await trial.StartAsync(
            context.Cache, context.Installation, copies[0], Path.Combine(folder, "merge"), "merge", cancellationToken);
        await target.LoadedAsync(probe => context.Progress.Keys("loading the 1. file", probe.Keys, 0, 40, 45), cancellationToken);
        for (var index = 1; index < copies.Count; index++)
        {
            var step = $"the {index + 1}. of {copies.Count} files";
            await using var source = await trial.StartAsync(
                context.Cache, context.Installation, copies[index], Path.Combine(folder, "trial"), "trial", cancellationToken);
            var keys = (await source.LoadedAsync(probe => context.Progress.Keys($"loading {step}", probe.Keys, 0, 45, 45), cancellationToken)).Keys;
            await KeyCopier.CopyAsync(
                source.Configuration, target.Configuration, target.Configuration.Databases,
                copied => context.Progress.Keys($"copying {step}", copied, keys, 45, 58), cancellationToken);
        }

        await target.Node.SnapshotAsync(cancellationToken);
        HardLink.Create(context.Services.Nodes.Engines.For(context.Installation.Family).SnapshotFile(target.Configuration), Snapshot);
        return (await target.Node.ProbeAsync(context.Services.Options.ProbeTimeout, cancellationToken)).Keys;
    }
}
