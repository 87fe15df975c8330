using Larder.Controller.Caches;
using Larder.Engines;
using Larder.Model.Clusters;
using Larder.Model.Events;
using Larder.Model.Status;
using Larder.Store;
using Larder.Store.Documents;
using Microsoft.Extensions.Logging;

namespace Larder.Controller.Clusters;

/// <summary>
/// Carries out a change of the number of shards: moves slots until they are spread as wanted, in the background. All that it knows is in the control store, so that
/// another daemon goes on where this one stopped.
/// </summary>
/// <param name="cache">The cache.</param>
/// <param name="cluster">Its cluster.</param>
/// <param name="services">What it needs.</param>
/// <param name="wake">Wakes the cache's loop.</param>
internal sealed partial class CacheScaling(string cache, CacheCluster cluster, CacheServices services, Action wake)
{
    private const int SlotsAtOnce = 256;
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(250);

    private readonly SlotMover _mover = new(cluster, services);
    private Task _work = Task.CompletedTask;
    private long _begun;
    private int _leftAtBegin;

    /// <summary>Whether slots move, or may begin to at any moment.</summary>
    public bool Moves => !_work.IsCompleted || cluster.State is { Document.Scaling.Paused: false } || cluster.State is { Document.Moves.IsEmpty: false };

    /// <summary>What the operation and the cache's status are told; <c>null</c> where nothing is scaled.</summary>
    /// <returns>How far it is, and that in words.</returns>
    public (ScalingStatus Status, string Phase)? Progress()
    {
        if (cluster.State is not { Document.Scaling: { } scaling } state)
        {
            return null;
        }

        var left = Left(state, scaling);
        var done = scaling.Slots - left;
        var undone = scaling.Fault.Length > 0;
        var percent = scaling.StartedAt is null ? 5 : scaling.Slots == 0 ? 0 : Math.Clamp(100 * done / scaling.Slots, 0, 99);
        var what = undone ? $"going back to {scaling.To} shards" : $"from {scaling.From} to {scaling.To} shards";
        return (
            new ScalingStatus(scaling.From, scaling.To, percent, scaling.Paused, undone),
            scaling.StartedAt is null
                ? $"{what}: {(scaling.Paused ? "paused before the first slot" : "waiting until all nodes are in sync")}"
                : $"{what}: {done} of {scaling.Slots} slots moved{(scaling.Paused ? ", paused" : TimeLeft(left))}");
    }

    /// <summary>Begins, goes on or looks after the work. Never waits for it.</summary>
    /// <param name="ready">Whether all shards are whole and agree: only then slots begin to move.</param>
    /// <param name="stop">Ends the work.</param>
    public void Step(bool ready, CancellationToken stop)
    {
        if (_work.IsCompleted && cluster.State is { Document.Scaling: { Paused: false } scaling } state && (ready || scaling.StartedAt is not null)
            && Left(state, scaling) + state.Document.Moves.Length > 0)
        {
            _begun = services.Clock.GetTimestamp();
            _leftAtBegin = Left(state, scaling);
            _work = Task.Run(() => RunAsync(stop), CancellationToken.None);
        }
    }

    /// <summary>Has all primaries keep their reserve again, after it was used to go back.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False where one does not take part at the moment.</returns>
    public async Task<bool> CloseReservesAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _mover.CloseReservesAsync(cancellationToken);
            return true;
        }
        catch (EngineException exception)
        {
            Log.Interrupted(services.Logger, cache, exception.Message);
            return false;
        }
    }

    /// <summary>Waits for the end of the work, which must have been told to stop.</summary>
    public Task EndAsync() => _work;

    private static int Left(ClusterState state, ScalingDocument scaling) => SlotPlanner.Count(state.Map, scaling.To);

    private string TimeLeft(int left)
    {
        var done = _leftAtBegin - left;
        return done <= 0 ? "" : $", about {Math.Ceiling(services.Clock.GetElapsedTime(_begun).TotalSeconds * left / done):0} s left";
    }

    private async Task RunAsync(CancellationToken stop)
    {
        var since = services.Clock.GetTimestamp();
        var told = "";
        try
        {
            while (cluster.State is { Document.Scaling: { } scaling } state)
            {
                try
                {
                    if (!await StepAsync(state, scaling, stop))
                    {
                        return;
                    }

                    (since, told) = (services.Clock.GetTimestamp(), "");
                }
                catch (Exception exception) when (exception is EngineException or ControlStoreException { IsTransient: true })
                {
                    if (told != exception.Message)
                    {
                        told = exception.Message;
                        Log.Interrupted(services.Logger, cache, exception.Message);
                    }

                    if (scaling.Fault.Length == 0 && CannotComplete(exception, services.Clock.GetElapsedTime(since)))
                    {
                        await UndoAsync(exception.Message, stop);
                    }

                    await Task.Delay(RetryInterval, services.Clock, stop);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The next daemon goes on.
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Log.Failed(services.Logger, exception, cache);
        }
        finally
        {
            wake();
        }
    }

    // A primary without room says so at once and will say so again; one that fails is replaced, which takes seconds.
    private bool CannotComplete(Exception exception, TimeSpan lasting) =>
        (exception.Message.Contains("OOM", StringComparison.Ordinal) && lasting > TimeSpan.FromSeconds(2)) || lasting > services.Options.OperationDeadline;

    /// <summary>Moves one lot of slots.</summary>
    /// <returns>False where nothing is left to do, or it pauses.</returns>
    private async Task<bool> StepAsync(ClusterState state, ScalingDocument scaling, CancellationToken stop)
    {
        var moves = state.Document.Moves;
        if (moves.IsEmpty)
        {
            var plan = SlotPlanner.Plan(state.Map, scaling.To);
            if (scaling.Paused || plan.IsEmpty)
            {
                return false;
            }

            var begins = scaling.StartedAt is null;
            await cluster.ChangeAsync(
                document => document with
                {
                    Moves = [.. plan.Take(SlotsAtOnce)],
                    Scaling = document.Scaling is { StartedAt: null } first ? first with { StartedAt = services.Clock.GetUtcNow(), Before = document.Shards, Slots = plan.Length } : document.Scaling,
                },
                stop);
            if (begins)
            {
                services.Events.Append(new CacheEvent(
                    EventKind.ScalingStarted, cache, $"{plan.Length} of {SlotRange.Slots} slots move, from {scaling.From} to {scaling.To} shards."));
            }

            return true;
        }

        await _mover.MoveAsync(state, stop);
        await cluster.ArriveAsync(moves, stop);
        await _mover.SettleAsync(moves, stop);
        wake();
        return true;
    }

    private async Task UndoAsync(string why, CancellationToken stop)
    {
        await cluster.ChangeAsync(
            document => document.Scaling is not { } scaling ? document : document with
            {
                // What has begun arrives first, in the reserve: the engines have no way back for a slot of which a part has moved.
                Scaling = scaling with
                {
                    To = scaling.From,
                    Fault = why,
                    Slots = SlotPlanner.Count(SlotMap.Parse(document.Shards).With(document.Moves), scaling.From),
                    Paused = false,
                },
            },
            stop);
        Log.Undone(services.Logger, cache, why);
        services.Events.Append(new CacheEvent(EventKind.ScalingUndone, cache, $"The number of shards cannot be changed, and everything goes back: {why}"));
    }

    private static partial class Log
    {
        [LoggerMessage(3410, LogLevel.Information, "{Cache}: moving slots is interrupted and goes on: {Problem}")]
        public static partial void Interrupted(ILogger logger, string cache, string problem);

        [LoggerMessage(3411, LogLevel.Warning, "{Cache}: the number of shards cannot be changed, and everything goes back: {Problem}")]
        public static partial void Undone(ILogger logger, string cache, string problem);

        [LoggerMessage(3412, LogLevel.Error, "{Cache}: moving slots failed; it is begun again when something changes.")]
        public static partial void Failed(ILogger logger, Exception exception, string cache);
    }
}
