using System.Collections.Immutable;
using Larder.Backup.Catalogue;
using Larder.Backup.Storages;
using Larder.Controller.Shards;
using Larder.Controller.Snapshots;
using Larder.Model.Events;
using Larder.Model.Operations;
using Larder.Security.Files;
using Larder.Store.Documents;

namespace Larder.Controller.Transfers;

/// <summary>Replaces a cache's data by that of files (import) or of a backup (restore). The old data stays until the new is loaded and in sync.</summary>
/// <param name="context">What it works with.</param>
internal sealed class ReplacementRun(TransferContext context)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    private readonly ImmutableArray<ShardAgent> _all = context.Agents;

    /// <summary>Runs, or goes on where a daemon that ended has stopped.</summary>
    /// <param name="transfer">What was asked for, and how far it has come.</param>
    /// <param name="cancellationToken">Gives up; the next daemon goes on.</param>
    /// <returns>One sentence on what was reached.</returns>
    public async Task<string> RunAsync(TransferDocument transfer, CancellationToken cancellationToken)
    {
        ImmutableArray<ShardAgent> agents = [.. _all.Where(agent => transfer.Shards.IsEmpty || transfer.Shards.Contains(agent.Shard))];
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
                await WaitForScalingAsync(cancellationToken);
                await ClearAsync(folder, cancellationToken);
                var prepared = transfer.At is { } at
                    ? await RebuildAsync(transfer, at, folder, incoming, cancellationToken)
                    : await incoming.PrepareAsync(await FilesAsync(transfer, storage, backup, cancellationToken), transfer, cancellationToken);
                transfer = transfer with { Phase = TransferPhase.Replacing, Keys = prepared.Keys, Dropped = prepared.Dropped };
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
            transfer = await ReplaceAsync(transfer, agents, incoming, replacement, cancellationToken);
            await context.WriteAsync(transfer, cancellationToken);
        }

        if (transfer.Phase == TransferPhase.Settling)
        {
            await context.HoldAsync(false, cancellationToken);
            if (await replacement.SettleAsync(agents, cancellationToken) is { } problem)
            {
                transfer = transfer with { Phase = TransferPhase.Undoing, Fault = problem };
                await context.WriteAsync(transfer, cancellationToken);
            }
        }

        if (transfer.Phase == TransferPhase.Undoing)
        {
            await context.Progress.SayAsync(95, "going back to the old data", cancellationToken);
            await context.HoldAsync(context.IsClustered, cancellationToken);
            await Task.WhenAll(agents.Select(agent => replacement.UndoAsync(agent, cancellationToken)));
            await context.HoldAsync(false, cancellationToken);
            await replacement.SettleAsync(agents, cancellationToken);
            Remove(folder);
            var message = $"The data of {context.Cache} was not replaced, and it has what it had: {transfer.Fault}";
            context.Services.Events.Append(new CacheEvent(EventKind.ImportUndone, context.Cache, message));
            throw new TransferException("not_replaced", message);
        }

        foreach (var agent in agents)
        {
            replacement.Finish(agent);
        }

        Remove(folder);
        return Conclude(transfer, backup, agents.Sum(agent => agent.Keys ?? 0), storage);
    }

    /// <summary>Gives all shards their new data, or none: what fails in the middle is undone.</summary>
    private async Task<TransferDocument> ReplaceAsync(
        TransferDocument transfer, ImmutableArray<ShardAgent> agents, IncomingData incoming, DataReplacement replacement, CancellationToken cancellationToken)
    {
        await context.Progress.SayAsync(65, "replacing the data; clients wait", cancellationToken);
        await context.HoldAsync(context.IsClustered, cancellationToken);
        try
        {
            await Task.WhenAll(agents.Select(agent => replacement.ExchangeAsync(agent, incoming.SnapshotOf(agent.Shard), cancellationToken)));
            return transfer with { Phase = TransferPhase.Settling };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return transfer with { Phase = TransferPhase.Undoing, Fault = exception.Message };
        }
    }

    /// <summary>A restore that begins by itself, after a loss, may meet a change of the number of shards; it must know who has which slots.</summary>
    private async Task WaitForScalingAsync(CancellationToken cancellationToken)
    {
        if (context.Cluster.State is not { Document.Scaling: { } scaling })
        {
            return;
        }

        await context.Progress.SayAsync(1, $"waiting until the change from {scaling.From} to {scaling.To} shards is complete", cancellationToken);
        while (context.Cluster.State is { Document.Scaling: not null })
        {
            await Task.Delay(PollInterval, context.Services.Clock, cancellationToken);
        }
    }

    private async Task<PreparedData> RebuildAsync(
        TransferDocument transfer, DateTimeOffset at, string folder, IncomingData incoming, CancellationToken cancellationToken)
    {
        var rebuilt = await new RebuiltLog(context, folder).RunAsync(transfer.Source, at, cancellationToken);
        return await incoming.PrepareAsync(rebuilt, transfer, cancellationToken);
    }

    private string Conclude(TransferDocument transfer, BackupManifest? backup, long keys, IStorage storage)
    {
        var counted = transfer.Keys is { } expected && keys < expected ? $"{keys} of {expected} keys (the others have expired, or did not fit)" : $"{keys} keys";
        var said = transfer.At is { } at ? $"{counted} of {transfer.Source}'s log as it was at the end of {at:u}"
            : backup is null
            ? $"{counted} from {string.Join(", ", transfer.Files)} of storage '{storage.Name}'"
            : $"{counted} of backup {backup.Id} of {backup.Cache}, taken at {backup.TakenAt:u}; what was written after that is not in it";
        said += transfer.Shards.IsEmpty ? "" : $"; only {(transfer.Shards.Length == 1 ? "shard" : "shards")} {string.Join(" and ", transfer.Shards)} had lost data and got it back";
        said += transfer.Dropped > 0 ? $"; {transfer.Dropped} {(transfer.Dropped == 1 ? "key" : "keys")} of other databases than 0 left out" : "";
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

        var without = _all.FirstOrDefault(agent => agent.Keys is null);
        if (without is not null)
        {
            throw new TransferException(
                "no_primary", $"{(context.IsClustered ? $"Shard {without.Shard} of " : "")}{context.Cache} has no primary at the moment. Try again when it is Ready.");
        }

        var keys = _all.Sum(agent => agent.Keys ?? 0);
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

    private static async Task<List<IncomingFile>> FilesAsync(
        TransferDocument transfer, IStorage storage, BackupManifest? backup, CancellationToken cancellationToken)
    {
        if (backup is not null)
        {
            return [.. backup.Shards.Select(shard => new IncomingFile(shard.Path, shard.Bytes, shard.Sha256))];
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

    /// <summary>Begins the work folder anew; a killed daemon may have left engines at work in it.</summary>
    private async Task ClearAsync(string folder, CancellationToken cancellationToken)
    {
        if (Directory.Exists(folder))
        {
            foreach (var sandbox in Directory.GetDirectories(folder))
            {
                await EngineSandbox.EndAsync(sandbox, context.Services.Nodes, cancellationToken);
            }
        }

        Remove(folder);
        OwnerOnlyFile.CreateFolder(folder);
    }

    private static void Remove(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
