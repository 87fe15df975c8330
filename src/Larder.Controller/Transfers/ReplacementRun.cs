using Larder.Backup.Catalogue;
using Larder.Backup.Storages;
using Larder.Model.Events;
using Larder.Model.Operations;
using Larder.Security.Files;
using Larder.Store.Documents;

namespace Larder.Controller.Transfers;

/// <summary>Replaces a cache's data by that of files (import) or of a backup (restore). The old data stays until the new is loaded and in sync.</summary>
/// <param name="context">What it works with.</param>
internal sealed class ReplacementRun(TransferContext context)
{
    /// <summary>Runs, or goes on where a daemon that ended has stopped.</summary>
    /// <param name="transfer">What was asked for, and how far it has come.</param>
    /// <param name="cancellationToken">Gives up; the next daemon goes on.</param>
    /// <returns>One sentence on what was reached.</returns>
    public async Task<string> RunAsync(TransferDocument transfer, CancellationToken cancellationToken)
    {
        if (context.Agents.Length != 1)
        {
            throw new TransferException("clustered", $"{context.Cache} has {context.Agents.Length} shards; this version replaces the data of unclustered caches only.");
        }

        var agent = context.Agents[0];
        var storage = context.Storage(transfer);
        var folder = context.WorkFolder(transfer);
        var incoming = new IncomingData(context, storage, folder);
        var replacement = new DataReplacement(context, transfer.OperationId);
        var backup = await BackupAsync(transfer, storage, cancellationToken);
        if (transfer.Phase == TransferPhase.Preparing)
        {
            try
            {
                RefuseWhereNotEmpty(transfer);
                var keys = transfer.At is { } at
                    ? await RebuildAsync(transfer.Source, at, folder, incoming.Snapshot, cancellationToken)
                    : await incoming.PrepareAsync(await FilesAsync(transfer, storage, backup, cancellationToken), cancellationToken);
                transfer = transfer with { Phase = TransferPhase.Replacing, Keys = keys };
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                Remove(folder);
                throw;
            }

            await context.WriteAsync(transfer, cancellationToken);
        }

        if (transfer.Phase == TransferPhase.Replacing)
        {
            await context.Progress.SayAsync(65, "replacing the data; clients wait", cancellationToken);
            await replacement.ExchangeAsync(agent, incoming.Snapshot, cancellationToken);
            transfer = transfer with { Phase = TransferPhase.Settling };
            await context.WriteAsync(transfer, cancellationToken);
        }

        if (transfer.Phase == TransferPhase.Settling && await replacement.SettleAsync(agent, cancellationToken) is { } problem)
        {
            transfer = transfer with { Phase = TransferPhase.Undoing, Fault = problem };
            await context.WriteAsync(transfer, cancellationToken);
        }

        if (transfer.Phase == TransferPhase.Undoing)
        {
            await context.Progress.SayAsync(95, "going back to the old data", cancellationToken);
            await replacement.UndoAsync(agent, cancellationToken);
            await replacement.SettleAsync(agent, cancellationToken);
            Remove(folder);
            var message = $"The data of {context.Cache} was not replaced, and it has what it had: {transfer.Fault}";
            context.Services.Events.Append(new CacheEvent(EventKind.ImportUndone, context.Cache, message));
            throw new TransferException("not_replaced", message);
        }

        replacement.Finish(agent);
        Remove(folder);
        return Conclude(transfer, backup, agent.Keys ?? 0, storage);
    }

    private async Task<long?> RebuildAsync(string source, DateTimeOffset at, string folder, string snapshot, CancellationToken cancellationToken)
    {
        Remove(folder);
        OwnerOnlyFile.CreateFolder(folder);
        return await new RebuiltLog(context, Path.Combine(folder, "rebuild")).RunAsync(source, at, snapshot, cancellationToken);
    }

    private string Conclude(TransferDocument transfer, BackupManifest? backup, long keys, IStorage storage)
    {
        var counted = transfer.Keys is { } expected && keys < expected ? $"{keys} of {expected} keys (the others have expired, or did not fit)" : $"{keys} keys";
        var said = transfer.At is { } at ? $"{counted} of {transfer.Source}'s log as it was at the end of {at:u}"
            : backup is null
            ? $"{counted} from {string.Join(", ", transfer.Files)} of storage '{storage.Name}'"
            : $"{counted} of backup {backup.Id} of {backup.Cache}, taken at {backup.TakenAt:u}; what was written after that is not in it";
        context.Services.Events.Append(transfer.Kind == OperationKind.Restore
            ? new CacheEvent(EventKind.DataRestored, context.Cache, $"{context.Cache} was restored: {said}.")
            : new CacheEvent(EventKind.DataImported, context.Cache, $"The data of {context.Cache} was replaced: {said}."));
        return said;
    }

    private void RefuseWhereNotEmpty(TransferDocument transfer)
    {
        if (context.Features.RdbVersion is null)
        {
            throw new TransferException("no_snapshots", $"{context.Cache} runs {context.Installation.Family}, which loads no RDB files.");
        }

        if (transfer.Replace)
        {
            return;
        }

        var keys = context.Agents[0].Keys
            ?? throw new TransferException("no_primary", $"{context.Cache} has no primary at the moment. Try again when it is Ready.");
        if (keys > 0)
        {
            throw new TransferException(
                "not_empty",
                $"{context.Cache} holds {keys} keys, and a restore replaces all of them. Say --replace if that is wanted, or restore into a new cache: --into NAME.");
        }
    }

    private static async Task<BackupManifest?> BackupAsync(TransferDocument transfer, IStorage storage, CancellationToken cancellationToken)
    {
        if (transfer.Kind != OperationKind.Restore || transfer.At is not null)
        {
            return null;
        }

        var listing = await new BackupCatalogue(storage).ListAsync(transfer.Source, cancellationToken);
        return listing.Backups.FirstOrDefault(backup => backup.Id == transfer.BackupId)
            ?? throw new TransferException(
                "no_backup", $"There is no backup {transfer.BackupId} of {transfer.Source} in storage '{storage.Name}' any more. See: larder backups {transfer.Source}");
    }

    private async Task<List<IncomingFile>> FilesAsync(
        TransferDocument transfer, IStorage storage, BackupManifest? backup, CancellationToken cancellationToken)
    {
        if (backup is not null)
        {
            return backup.Shards.Length == 1
                ? [new IncomingFile(backup.Shards[0].Path, backup.Shards[0].Bytes, backup.Shards[0].Sha256)]
                : throw new TransferException("clustered", $"Backup {backup.Id} has {backup.Shards.Length} shards; {context.Cache} has one.");
        }

        var files = new List<IncomingFile>();
        foreach (var path in transfer.Files)
        {
            StoredObject? found = null;
            await foreach (var stored in storage.ListAsync(path, cancellationToken))
            {
                found = stored.Path == path ? stored : found;
            }

            files.Add(found is null
                ? throw new TransferException("no_file", $"There is no '{path}' in storage '{storage.Name}' ({storage.Location}).")
                : new IncomingFile(path, found.Size, null));
        }

        return files;
    }

    private static void Remove(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
