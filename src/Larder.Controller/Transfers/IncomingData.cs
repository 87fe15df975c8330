using Larder.Backup.Snapshots;
using Larder.Backup.Storages;
using Larder.Controller.Snapshots;
using Larder.Engines;
using Larder.Security.Files;
using Larder.Store.Documents;

namespace Larder.Controller.Transfers;

/// <summary>
/// Makes one snapshot for each shard, checked and loaded for a trial, of the files that a cache is to get its data from. Everything happens in a folder of its own;
/// the cache knows nothing of it.
/// <code>
/// unclustered, one file       the file itself
/// else                        keys by their slots to the shards' files; where a key may be in two files, an engine puts those together first
/// </code>
/// </summary>
/// <param name="context">What it works with.</param>
/// <param name="storage">Where the files are.</param>
/// <param name="folder">The folder, empty at the beginning.</param>
internal sealed class IncomingData(TransferContext context, IStorage storage, string folder)
{
    /// <summary>Where a shard's snapshot is when it is complete.</summary>
    /// <param name="shard">The shard.</param>
    /// <returns>The file.</returns>
    public string SnapshotOf(int shard) => Path.Combine(folder, $"new-{shard:D4}.rdb");

    /// <summary>Prepares what a storage has.</summary>
    /// <param name="files">The files; keys of a later one replace those of an earlier one.</param>
    /// <param name="transfer">Which shards get data, and what may be left out.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What there is now.</returns>
    /// <exception cref="SnapshotException">A file is no snapshot, or a damaged one.</exception>
    /// <exception cref="TransferException">The engine does not load what is in it, or the cache cannot hold it.</exception>
    public async Task<PreparedData> PrepareAsync(IReadOnlyList<IncomingFile> files, TransferDocument transfer, CancellationToken cancellationToken)
    {
        var copies = new List<SourceFile>();
        var all = files.Sum(file => file.Bytes);
        var done = 0L;
        foreach (var file in files)
        {
            var copy = Path.Combine(folder, $"file-{copies.Count:D4}.rdb");
            var before = done;
            done += await FetchAsync(file, copy, bytes => context.Progress.Bytes("reading", before + bytes, all, 2, 40), cancellationToken);
            copies.Add(new SourceFile(copy, $"'{file.Path}'"));
        }

        return await PrepareAsync(copies, transfer, cancellationToken);
    }

    /// <summary>Prepares files of this host.</summary>
    /// <param name="copies">The files in the folder, which may be changed; keys of a later one replace those of an earlier one.</param>
    /// <param name="transfer">Which shards get data, and what may be left out.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What there is now.</returns>
    /// <exception cref="SnapshotException">A file cannot be read.</exception>
    /// <exception cref="TransferException">The engine does not load what is in it, or the cache cannot hold it.</exception>
    public async Task<PreparedData> PrepareAsync(IReadOnlyList<SourceFile> copies, TransferDocument transfer, CancellationToken cancellationToken)
    {
        try
        {
            if (!context.IsClustered && copies.Count == 1)
            {
                File.Move(copies[0].Path, SnapshotOf(0));
                return new PreparedData(await TryAsync(0, cancellationToken), 0);
            }

            return await new ShardedData(context, folder, SnapshotOf).PrepareAsync(copies, transfer, TryAsync, cancellationToken);
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

    private async Task<long?> TryAsync(int shard, CancellationToken cancellationToken)
    {
        var trial = new TrialLoad(context.Services);
        if (!trial.Fits(SnapshotOf(shard)))
        {
            return null;
        }

        var what = context.IsClustered ? $"loading what shard {shard} gets" : "loading";
        return await trial.RunAsync(
            context.Cache, context.Installation, SnapshotOf(shard), Path.Combine(folder, "trial"), inBackground: false,
            probe => context.Progress.Keys(what, probe.Keys, 0, 52, 60), cancellationToken);
    }
}
