using System.Collections.Immutable;
using Larder.Backup.Snapshots;
using Larder.Backup.Storages;
using Larder.Controller.Backups;
using Larder.Controller.Caches;
using Larder.Controller.Clusters;
using Larder.Controller.Shards;
using Larder.Engines;
using Larder.Model.Engines;
using Larder.Model.Operations;
using Larder.Store;
using Larder.Store.Documents;
using Microsoft.Extensions.Logging;

namespace Larder.Controller.Transfers;

/// <summary>
/// Carries out what was asked of a cache's data as a whole: backup, restore, export, import; one at a time. What a daemon has begun the next one finishes,
/// since how far it has come is in the control store. Used by the cache's loop alone.
/// </summary>
/// <param name="cache">The cache's key name.</param>
/// <param name="services">What it needs.</param>
/// <param name="backups">The cache's backups.</param>
/// <param name="cluster">What holds its shards together.</param>
/// <param name="wake">Wakes the cache's loop.</param>
internal sealed partial class CacheTransfers(string cache, CacheServices services, CacheBackups backups, CacheCluster cluster, Action wake)
{
    private Task? _work;
    private TransferDocument? _current;
    private volatile ClientHold _hold = new(closed: false);

    /// <summary>Whether something is under way, or was asked for.</summary>
    public bool IsBusy => _work is { IsCompleted: false } || _current is not null;

    /// <summary>Whether clients must not be served now, since the data that they would see is about to be replaced.</summary>
    public bool HoldsClients => _current is { HoldsClients: true };

    /// <summary>
    /// Whether clients wait while the shards exchange their data: nobody may see one shard's new data and another one's old. Read before a route is made, and told
    /// when the route is out.
    /// </summary>
    public ClientHold Hold => _hold;

    /// <summary>Takes the step that is due, if any.</summary>
    /// <param name="document">The cache.</param>
    /// <param name="agents">Its shards.</param>
    /// <param name="installation">The engine that they run.</param>
    /// <param name="stop">Ends what is under way; the next daemon goes on with it.</param>
    public async Task StepAsync(CacheDocument document, ImmutableArray<ShardAgent> agents, EngineInstallation installation, CancellationToken stop)
    {
        if (_work is { IsCompleted: false })
        {
            return;
        }

        _work = null;
        var key = StoreKeys.Transfer(cache);
        _current = await services.Store.GetAsync(key, stop) is { } entry
            ? StoreCodec.Decode<TransferDocument>(key, entry.Value, DocumentSchemas.Current)
            : null;

        // As it may have been left: some shards have their new data, and some their old.
        _hold = new ClientHold(document.Spec.Cluster.EnableCluster && _current?.Phase is TransferPhase.Replacing or TransferPhase.Undoing);

        // Before the first primary there is nothing to save. A cache that cannot start, though, may need just what is restored.
        if (_current is not { } transfer
            || (transfer is { Phase: TransferPhase.Preparing, Replace: false } && agents.Any(agent => agent.Snapshot.Primary is null)))
        {
            return;
        }

        var context = new TransferContext
        {
            Services = services,
            Document = document,
            Cluster = cluster,
            HoldAsync = HoldAsync,
            Agents = agents,
            Installation = installation,
            Backups = backups,
            Progress = new TransferProgress(services.Operations, transfer.OperationId, services.Clock),
        };
        _work = Task.Run(() => RunAsync(context, transfer, stop), CancellationToken.None);
    }

    /// <summary>Waits until what is under way has stopped; its token must have been cancelled.</summary>
    public Task StopAsync() => _work ?? Task.CompletedTask;

    private async Task RunAsync(TransferContext context, TransferDocument transfer, CancellationToken cancellationToken)
    {
        try
        {
            if (await services.Operations.FindAsync(transfer.OperationId, cancellationToken) is { State: not OperationState.Running })
            {
                // It has ended, and only this note of it was left.
                await services.Store.CommitAsync(StoreTransaction.Empty.Delete(StoreKeys.Transfer(cache)), cancellationToken);
                return;
            }

            var said = transfer.Kind switch
            {
                OperationKind.Backup => await BackupAsync(context, cancellationToken),
                OperationKind.Export => await new ExportRun(context).RunAsync(transfer, cancellationToken),
                _ => await new ReplacementRun(context).RunAsync(transfer, cancellationToken),
            };
            Log.Done(services.Logger, context.Cache, transfer.Kind, said);
            await services.Operations.SucceedAsync(transfer.OperationId, said, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return;
        }
        catch (Exception exception) when (exception is TransferException or SnapshotException or StorageException or EngineException or IOException or UnauthorizedAccessException)
        {
            Log.Failed(services.Logger, context.Cache, transfer.Kind, exception.Message);
            var code = exception is TransferException own ? own.Code : exception is SnapshotException ? "bad_file" : "failed";
            try
            {
                await services.Operations.FailAsync(
                    transfer.OperationId, new OperationError(code, exception.Message, Undone: exception is TransferException or SnapshotException), cancellationToken);
            }
            catch (ControlStoreException unwritten)
            {
                // The document stays, so that it is tried again: nothing was changed by what failed.
                Log.NotNoted(services.Logger, context.Cache, unwritten.Message);
                return;
            }
        }
        catch (ControlStoreException exception)
        {
            Log.NotNoted(services.Logger, context.Cache, exception.Message);
            return;
        }
        finally
        {
            wake();
        }

        try
        {
            await services.Store.CommitAsync(StoreTransaction.Empty.Delete(StoreKeys.Transfer(cache)), CancellationToken.None);
        }
        catch (ControlStoreException exception)
        {
            // Found again by the next look; its operation has ended, and it is then only removed.
            Log.NotNoted(services.Logger, context.Cache, exception.Message);
        }

        wake();
    }

    private Task HoldAsync(bool closed, CancellationToken cancellationToken)
    {
        var hold = new ClientHold(closed);
        _hold = hold;
        wake();
        return hold.Told.WaitAsync(cancellationToken);
    }

    private static async Task<string> BackupAsync(TransferContext context, CancellationToken cancellationToken)
    {
        if (context.Features.RdbVersion is null)
        {
            throw new TransferException("no_snapshots", $"{context.Cache} runs {context.Installation.Family}, which writes no RDB files: no backup can be taken.");
        }

        await context.Progress.SayAsync(5, "saving", cancellationToken);
        var result = await context.Backups.TakeAsync(
            context.Document, context.Agents, (done, all) => context.Progress.Bytes("writing", done, all, 20, 90), cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        return result.Backup is { } backup
            ? $"backup {backup.Id} is complete in storage '{context.Document.Spec.Backup.Storage}': {backup.Keys} keys, {backup.Bytes} bytes"
            : throw new TransferException("no_backup", result.Problem);
    }

    private static partial class Log
    {
        [LoggerMessage(3600, LogLevel.Information, "{Cache}: {Kind} done: {Said}")]
        public static partial void Done(ILogger logger, string cache, OperationKind kind, string said);

        [LoggerMessage(3601, LogLevel.Warning, "{Cache}: {Kind} failed: {Problem}")]
        public static partial void Failed(ILogger logger, string cache, OperationKind kind, string problem);

        [LoggerMessage(3602, LogLevel.Warning, "{Cache}: what came of a transfer could not be noted, and is tried again: {Problem}")]
        public static partial void NotNoted(ILogger logger, string cache, string problem);
    }
}
