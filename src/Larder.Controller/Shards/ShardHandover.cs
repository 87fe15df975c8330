using Larder.Controller.Clusters;
using Larder.Controller.Leadership;
using Larder.Controller.Nodes;
using Larder.Engines;
using Larder.Model.Routing;
using Larder.Model.Status;
using Microsoft.Extensions.Logging;

namespace Larder.Controller.Shards;

/// <summary>
/// The planned change of a shard's primary. Carried out by the shard's own loop, so that nothing else happens to the shard meanwhile.
/// </summary>
/// <remarks>
/// <code>
/// gateway holds, replies under way drain       | a problem up to here: the gateway goes on with the old primary,
/// old primary pauses writes (expiry included)  | and everything is as before
/// replica reaches the primary's offset         |
/// ---------------------------------------------+--------------------------------------------------------------
/// leader key: replica, epoch + 1, same lease   | a problem from here on: the shard's loop finishes what the leader key says
/// replica is promoted                          |
/// route with the new epoch; old one follows    |
/// gateway makes subscriptions again, goes on   |
/// </code>
/// </remarks>
/// <param name="cache">The cache.</param>
/// <param name="shard">The shard.</param>
/// <param name="leadership">The shard's leader key.</param>
/// <param name="services">What it needs of the host.</param>
/// <param name="claim">What a primary of the shard must hold.</param>
internal sealed partial class ShardHandover(string cache, int shard, ShardLeadership leadership, NodeServices services, ClaimUse claim)
{
    private static readonly TimeSpan OffsetPollInterval = TimeSpan.FromMilliseconds(1);

    /// <summary>Hands over.</summary>
    /// <param name="primary">The primary.</param>
    /// <param name="candidate">The replica that becomes it: in sync.</param>
    /// <param name="promoted">Called when the candidate is the primary, to publish its route.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How it ended.</returns>
    public async Task<HandoverResult> RunAsync(NodeSupervisor primary, NodeSupervisor candidate, Action promoted, CancellationToken cancellationToken)
    {
        var clock = services.Clock;
        var limit = services.Options.HandoverLimit;
        var started = clock.GetTimestamp();
        TimeSpan Left() => limit - clock.GetElapsedTime(started) is { Ticks: > 0 } left ? left : TimeSpan.Zero;
        var paused = false;
        try
        {
            if (!await services.Gateway.HoldShardAsync(cache, shard, HoldReason.Handover, Left(), cancellationToken))
            {
                return Undone($"commands that were under way were not answered within {limit.TotalSeconds:0.#} s");
            }

            if (primary.Features.CanPauseWrites)
            {
                await primary.PauseWritesAsync(limit, cancellationToken);
                paused = true;
            }

            if (!await CaughtUpAsync(primary, candidate, Left, cancellationToken))
            {
                return Undone($"node {candidate.Ordinal} did not reach the primary's offset within {limit.TotalSeconds:0.#} s");
            }

            if (!await leadership.TransferAsync(candidate.Ordinal, cancellationToken))
            {
                return Undone("the leader key was changed by somebody else");
            }

            await claim.TellAsync(held => candidate.PromoteAsync(held, cancellationToken), cancellationToken);
            await candidate.ProbeAsync(cancellationToken);
            promoted();
            await DemoteAsync(primary, candidate, paused, cancellationToken);
            await services.Gateway.FollowShardAsync(cache, shard, leadership.Epoch, Left(), cancellationToken);
            var held = clock.GetElapsedTime(started);
            Log.HandedOver(services.Logger, cache, shard, primary.Ordinal, candidate.Ordinal, leadership.Epoch, held.TotalMilliseconds);
            return new HandoverResult(
                true, $"node {candidate.Ordinal} is the primary in epoch {leadership.Epoch}; commands were held for {held.TotalMilliseconds:0} ms");
        }
        catch (EngineException exception)
        {
            return leadership.Held == primary.Ordinal
                ? Undone(exception.Message)
                : new HandoverResult(true, $"node {candidate.Ordinal} is the primary in epoch {leadership.Epoch}, though: {exception.Message}");
        }
        finally
        {
            if (paused && leadership.Held == primary.Ordinal)
            {
                await ResumeAsync(primary, cancellationToken);
            }

            services.Gateway.ReleaseShard(cache, shard);
        }
    }

    /// <summary>The old primary follows. Its engine gives back the commands that wait there; one that takes its time does so behind the clients' backs.</summary>
    private async Task DemoteAsync(NodeSupervisor primary, NodeSupervisor candidate, bool paused, CancellationToken cancellationToken)
    {
        if (!primary.Features.FollowsInPlace)
        {
            return; // The shard's loop starts it anew, when the gateway has led everybody away from it.
        }

        try
        {
            await primary.BeginFollow(candidate.Target, cancellationToken).WaitAsync(services.Options.DemotionLimit, services.Clock, cancellationToken);
            if (paused)
            {
                await primary.ResumeWritesAsync(cancellationToken);
            }
        }
        catch (Exception exception) when (exception is TimeoutException or EngineException)
        {
            Log.StillFollowing(services.Logger, cache, shard, primary.Ordinal, exception.Message);
        }
    }

    private async Task ResumeAsync(NodeSupervisor primary, CancellationToken cancellationToken)
    {
        try
        {
            await primary.ResumeWritesAsync(cancellationToken);
        }
        catch (EngineException exception)
        {
            // The pause ends by itself at its limit.
            Log.PauseRemains(services.Logger, cache, shard, primary.Ordinal, exception.Message);
        }
    }

    private async Task<bool> CaughtUpAsync(NodeSupervisor primary, NodeSupervisor candidate, Func<TimeSpan> left, CancellationToken cancellationToken)
    {
        while (true)
        {
            await primary.ProbeAsync(cancellationToken);
            await candidate.ProbeAsync(cancellationToken);
            if (primary.Probe is { Role: NodeRole.Primary } written && candidate.Probe is { } read && read.HasAllOf(written))
            {
                return true;
            }

            if (left() <= TimeSpan.Zero)
            {
                return false;
            }

            await Task.Delay(OffsetPollInterval, services.Clock, cancellationToken);
        }
    }

    private static HandoverResult Undone(string reason) => new(false, $"{reason}; everything is as before");

    private static partial class Log
    {
        [LoggerMessage(3110, LogLevel.Information, "Shard {Shard} of {Cache}: node {From} handed over to node {To} in epoch {Epoch}; commands were held for {Milliseconds} ms.")]
        public static partial void HandedOver(ILogger logger, string cache, int shard, int from, int to, long epoch, double milliseconds);

        [LoggerMessage(3111, LogLevel.Information, "Shard {Shard} of {Cache}: node {Node} takes longer to follow the new primary: {Problem}")]
        public static partial void StillFollowing(ILogger logger, string cache, int shard, int node, string problem);

        [LoggerMessage(3112, LogLevel.Warning, "Shard {Shard} of {Cache}: node {Node} could not be told to take writes again; it will by itself: {Problem}")]
        public static partial void PauseRemains(ILogger logger, string cache, int shard, int node, string problem);
    }
}
