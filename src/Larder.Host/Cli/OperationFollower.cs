using Larder.Host.Cli.Output;
using Larder.Host.Client;
using Larder.Management.Contracts;
using Larder.Model.Operations;
using Larder.Model.Status;

namespace Larder.Host.Cli;

/// <summary>Waits for what the daemon has accepted, and shows how it goes.</summary>
/// <param name="context">The call.</param>
/// <param name="client">Asks the daemon.</param>
internal sealed class OperationFollower(CliContext context, ManagementClient client)
{
    private static readonly TimeSpan ReadyInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan ReadyTimeout = TimeSpan.FromMinutes(5);

    /// <summary>Waits until an operation has ended.</summary>
    /// <param name="title">What is being done.</param>
    /// <param name="operationId">The operation.</param>
    /// <param name="cancellationToken">Stops waiting; the operation goes on.</param>
    /// <returns>The operation, succeeded.</returns>
    /// <exception cref="CliException">It failed: exit code 2 where everything is as it was before, else 1.</exception>
    public async Task<OperationDocument> FollowAsync(string title, string operationId, CancellationToken cancellationToken)
    {
        var last = await new ProgressLine(context.Console, title).RunAsync(async step =>
        {
            OperationDocument? last = null;
            await foreach (var operation in client.WatchOperationAsync(operationId, cancellationToken))
            {
                last = operation;
                step(operation.Phase, operation.Percent);
            }

            return last!;
        });
        if (last.State == OperationState.Failed)
        {
            throw new CliException(
                last.Error is { Undone: true } ? ExitCodes.Refused : ExitCodes.Failed,
                new ErrorView(last.Error?.Code ?? "failed", last.Error?.Message ?? $"{title} failed; see {context.Home.DaemonLog}.", []));
        }

        return last;
    }

    /// <summary>Waits until a cache is Ready, whatever it is doing now. One whose change of shards was told to pause serves, and is not waited for.</summary>
    /// <param name="name">The cache.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The cache, Ready or pausing.</returns>
    /// <exception cref="CliException">It failed, is being deleted, or for a long time nothing has changed that would make it Ready.</exception>
    public async Task<CacheView> WaitForReadyAsync(string name, CancellationToken cancellationToken)
    {
        var cache = await client.ShowAsync(name, cancellationToken);
        if (IsAwaited(cache))
        {
            cache = await AwaitReadyAsync(cache, cancellationToken);
        }

        if (cache.Scaling is { Paused: true })
        {
            context.Console.Say($"note: {name}: {cache.Message}. Go on with: {context.Command} scaling {name} resume");
        }

        return cache;
    }

    private async Task<CacheView> AwaitReadyAsync(CacheView cache, CancellationToken cancellationToken)
    {
        var name = cache.Name;
        return await new ProgressLine(context.Console, "waiting for " + name).RunAsync(async step =>
        {
            var (since, last) = (context.Clock.GetTimestamp(), cache.Message);
            using var ticks = new PeriodicTimer(ReadyInterval, context.Clock);
            while (IsAwaited(cache))
            {
                if (cache.State is CacheState.Failed or CacheState.Deleting)
                {
                    throw CliException.Failed("not_ready", $"{name} is {cache.State}: {cache.Message}");
                }

                step($"{cache.State} {cache.Message}".Trim(), InSyncPercent(cache));
                if (cache.Message != last)
                {
                    (since, last) = (context.Clock.GetTimestamp(), cache.Message);
                }
                else if (context.Clock.GetElapsedTime(since) > ReadyTimeout)
                {
                    throw CliException.Failed(
                        "not_ready", $"{name} is still {cache.State} after {ReadyTimeout.TotalMinutes:0} min: {cache.Message} See: {context.Command} show {name}");
                }

                await ticks.WaitForNextTickAsync(cancellationToken);
                cache = await client.ShowAsync(name, cancellationToken);
            }

            return cache;
        });
    }

    private static bool IsAwaited(CacheView cache) => cache.State != CacheState.Ready && (cache.Scaling is not { Paused: true } || InSyncPercent(cache) < 100);

    private static int InSyncPercent(CacheView cache)
    {
        var nodes = cache.Shards.SelectMany(shard => shard.Nodes).ToList();
        return nodes.Count == 0 ? 0 : 100 * nodes.Count(node => node.State == NodeState.InSync) / nodes.Count;
    }
}
