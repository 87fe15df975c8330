using System.Collections.Immutable;
using Larder.Backup.Catalogue;
using Larder.Backup.Snapshots;
using Larder.Backup.Storages;
using Larder.Controller.Caches;
using Larder.Controller.Processes;
using Larder.Controller.Shards;
using Larder.Controller.Snapshots;
using Larder.Engines;
using Larder.Model.Events;
using Larder.Model.Specs;
using Larder.Model.Status;
using Larder.Store;
using Larder.Store.Documents;
using Microsoft.Extensions.Logging;

namespace Larder.Controller.Backups;

/// <summary>
/// Takes a cache's backups when they are due: the interval counts from the end of the last good one; a failed one is tried again after a growing pause.
/// One backup of a cache is taken at a time, whoever asks for it.
/// </summary>
/// <param name="cache">The cache's key name.</param>
/// <param name="services">What it needs.</param>
/// <param name="wake">Wakes the cache's loop when an attempt has ended.</param>
internal sealed partial class CacheBackups(string cache, CacheServices services, Action wake) : IDisposable
{
    /// <summary>Beside the interval, after which replicas begin to save by themselves: the daemon is then not there to ask them.</summary>
    private const double OwnIntervalFactor = 1.5;

    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly BackupAttempt _attempt = new(services, cache, Path.Combine(services.Home.CacheFolder(cache), "backup"));
    private Task _underWay = Task.CompletedTask;
    private string _aligned = "";

    /// <summary>Whether a cache's backups are taken at an interval.</summary>
    public static TimeSpan? IntervalOf(CacheSpec spec, EngineFeatures features) =>
        spec.Redis is { Persistence: PersistenceMode.Rdb, RdbPersistence: { } minutes } && features.RdbVersion is not null ? TimeSpan.FromMinutes(minutes) : null;

    /// <summary>Whether a backup that was due is being taken: slots must not begin to move meanwhile.</summary>
    public bool IsUnderWay => !_underWay.IsCompleted;

    /// <summary>Begins a backup where one is due.</summary>
    /// <param name="document">The cache.</param>
    /// <param name="observed">Tells when it was ready first.</param>
    /// <param name="agents">Its shards.</param>
    /// <param name="features">What its engine can do.</param>
    /// <param name="slotsMove">Whether slots move from shard to shard: a key that does could be in the snapshot of neither, so that a backup waits.</param>
    /// <param name="stop">Ends what is under way.</param>
    /// <returns>Where backups stand, and how long until something is due.</returns>
    public async Task<(BackupStatus? Status, TimeSpan Wait)> StepAsync(
        CacheDocument document, ObservedDocument observed, ImmutableArray<ShardAgent> agents, EngineFeatures features, bool slotsMove, CancellationToken stop)
    {
        var state = await ReadAsync(stop);
        if (IntervalOf(document.Spec, features) is not { } interval || observed.FirstReadyAt is not { } ready)
        {
            return (state is { LastGoodAt: null, FailedInAll: 0 } ? null : StatusOf(document, state, null, false), Timeout.InfiniteTimeSpan);
        }

        var now = services.Clock.GetUtcNow();
        var since = state.LastGoodAt ?? ready;
        var due = BackupSchedule.Due(since, interval, state.Failures, state.LastFailureAt);
        var overdue = BackupSchedule.IsOverdue(since, interval, now);
        await AlignAsync(agents, interval, stop);
        if (overdue && !state.OverdueTold)
        {
            var message = $"The newest good backup of {document.Spec.Name} is older than twice the interval of {interval.TotalMinutes:0} min"
                + (state.Problem.Length > 0 ? $": {state.Problem}" : $": the last one ended at {since:u}.");
            services.Events.Append(new CacheEvent(EventKind.BackupOverdue, document.Spec.Name, message));
            await WriteAsync(state with { OverdueTold = true }, stop);
        }

        if (due <= now && slotsMove)
        {
            // The loop comes by again when they have arrived.
            return (StatusOf(document, state, due, overdue), Timeout.InfiniteTimeSpan);
        }

        if (due <= now && _underWay.IsCompleted)
        {
            _underWay = Task.Run(() => TakeAsync(document, agents, static (_, _) => { }, stop), CancellationToken.None);
        }

        var wait = _underWay.IsCompleted ? due - now : Timeout.InfiniteTimeSpan;
        return (StatusOf(document, state, due, overdue), wait);
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    /// <summary>Waits until what is under way has ended; its token must have been cancelled.</summary>
    public async Task StopAsync()
    {
        await _underWay;
        await _attempt.ForgetAsync(CancellationToken.None);
    }

    /// <summary>Takes a backup now, after one that is under way.</summary>
    /// <param name="document">The cache.</param>
    /// <param name="agents">Its shards.</param>
    /// <param name="progress">Told bytes done and all bytes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The backup, or why there is none.</returns>
    public async Task<BackupResult> TakeAsync(
        CacheDocument document, ImmutableArray<ShardAgent> agents, Action<long, long> progress, CancellationToken cancellationToken)
    {
        try
        {
            await _one.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return new BackupResult(null, "it was interrupted");
        }

        try
        {
            return await AttemptAsync(document, agents, progress, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return new BackupResult(null, "it was interrupted");
        }
        catch (ControlStoreException exception)
        {
            // The backup itself may be there; the next look at the schedule takes another one.
            Log.NotNoted(services.Logger, cache, exception.Message);
            return new BackupResult(null, exception.Message);
        }
        finally
        {
            _one.Release();
            wake();
        }
    }

    private async Task<BackupResult> AttemptAsync(
        CacheDocument document, ImmutableArray<ShardAgent> agents, Action<long, long> progress, CancellationToken cancellationToken)
    {
        var state = await ReadAsync(cancellationToken);
        var name = document.Spec.Name;
        try
        {
            var sources = agents.Select(agent => agent.SnapshotSource()).ToImmutableArray();
            if (sources.Any(source => source is null))
            {
                throw new SnapshotException($"{name} has no primary at the moment, so that there is nothing to take a snapshot of.");
            }

            var backup = await BackgroundThread.RunAsync(
                "backup", () => _attempt.RunAsync(document, [.. sources.Select(source => source!)], state.Count, progress, cancellationToken),
                services.Nodes.Spare, services.Clock);
            await WriteAsync(
                new BackupDocument
                {
                    LastGoodAt = backup.EndedAt,
                    LastGoodId = backup.Id,
                    Count = state.Count + 1,
                    FailedInAll = state.FailedInAll,
                    LastBytes = backup.Bytes,
                    LastSeconds = (backup.EndedAt - backup.TakenAt).TotalSeconds,
                },
                cancellationToken);
            var where = backup.Shards.All(shard => shard.TakenOnReplica) ? "a replica" : "the primary, since no replica was in sync";
            services.Events.Append(new CacheEvent(
                EventKind.BackupCompleted, name,
                $"Backup {backup.Id} of {name} is complete in storage '{document.Spec.Backup.Storage}': {backup.Bytes} bytes, {backup.Keys} keys, taken at {backup.TakenAt:u} on {where}."));
            await RetireAsync(document, cancellationToken);
            return new BackupResult(backup, "");
        }
        catch (Exception exception) when (exception is EngineException or SnapshotException or StorageException or IOException or UnauthorizedAccessException)
        {
            Log.Failed(services.Logger, name, state.Failures + 1, exception.Message);
            services.Events.Append(new CacheEvent(
                EventKind.BackupFailed, name, $"A backup of {name} failed, and is tried again after a pause; the older ones stay: {exception.Message}"));
            await WriteAsync(
                state with
                {
                    Failures = state.Failures + 1,
                    FailedInAll = state.FailedInAll + 1,
                    LastFailureAt = services.Clock.GetUtcNow(),
                    Problem = exception.Message,
                },
                cancellationToken);
            return new BackupResult(null, exception.Message);
        }
    }

    private async Task RetireAsync(CacheDocument document, CancellationToken cancellationToken)
    {
        try
        {
            var catalogue = new BackupCatalogue(services.Storages.Get(document.Spec.Backup.Storage));
            await catalogue.RetireAsync(cache, document.Uid, document.Spec.Backup.MaxSnapshotCount, cancellationToken);
        }
        catch (StorageException exception)
        {
            // One too many is kept until the next backup; the one just taken is good.
            Log.NotRetired(services.Logger, document.Spec.Name, exception.Message);
        }
    }

    /// <summary>
    /// Replicas save by themselves when nobody has asked them for longer than the interval; the primary never does, unless it is alone. Told when roles
    /// have changed.
    /// </summary>
    private async Task AlignAsync(ImmutableArray<ShardAgent> agents, TimeSpan interval, CancellationToken cancellationToken)
    {
        var sources = agents.Select(agent => agent.SnapshotSource()).OfType<SnapshotSource>().ToList();
        var picture = string.Join(';', sources.Select(source => $"{source.Shard}:{source.Node}:{source.IsReplica}"))
            + ';' + string.Join(',', agents.SelectMany(agent => agent.Snapshot.Status.Nodes).Select(node => node.Pid)) + interval;
        if (picture == _aligned)
        {
            return;
        }

        try
        {
            foreach (var source in sources)
            {
                var driver = services.Nodes.Engines.For(source.Installation.Family);
                foreach (var configuration in source.Others.Prepend(source.Configuration))
                {
                    await using var node = driver.Open(configuration);
                    var own = configuration.Ordinal == source.Node;
                    await node.SetOwnSnapshotsAsync(own ? interval * OwnIntervalFactor : null, cancellationToken);
                }
            }

            _aligned = picture;
        }
        catch (EngineException exception)
        {
            // A node that is just starting or ending: roles are about to change again.
            Log.NotAligned(services.Logger, cache, exception.Message);
        }
    }

    private static BackupStatus StatusOf(CacheDocument document, BackupDocument state, DateTimeOffset? due, bool overdue) => new(
        document.Spec.Backup.Storage, state.LastGoodAt, state.LastGoodId, due, overdue, state.Failures, state.Problem)
    {
        Completed = state.Count,
        FailedInAll = state.FailedInAll,
        LastBytes = state.LastBytes,
        LastSeconds = state.LastSeconds,
    };

    private async Task<BackupDocument> ReadAsync(CancellationToken cancellationToken)
    {
        var key = StoreKeys.Backup(cache);
        return await services.Store.GetAsync(key, cancellationToken) is { } entry
            ? StoreCodec.Decode<BackupDocument>(key, entry.Value, DocumentSchemas.Current)
            : new BackupDocument();
    }

    private Task<CommitResult> WriteAsync(BackupDocument state, CancellationToken cancellationToken) => services.Store.CommitAsync(
        StoreTransaction.Empty.Put(StoreKeys.Backup(cache), StoreCodec.Encode(state, DocumentSchemas.Current)), cancellationToken);

    private static partial class Log
    {
        [LoggerMessage(3500, LogLevel.Warning, "{Cache}: a backup failed, the {Failures}. time in a row: {Problem}")]
        public static partial void Failed(ILogger logger, string cache, int failures, string problem);

        [LoggerMessage(3501, LogLevel.Warning, "{Cache}: old backups could not be retired: {Problem}")]
        public static partial void NotRetired(ILogger logger, string cache, string problem);

        [LoggerMessage(3502, LogLevel.Warning, "{Cache}: what came of a backup could not be noted: {Problem}")]
        public static partial void NotNoted(ILogger logger, string cache, string problem);

        [LoggerMessage(3503, LogLevel.Debug, "{Cache}: nodes could not be told yet how to save by themselves: {Problem}")]
        public static partial void NotAligned(ILogger logger, string cache, string problem);
    }
}
