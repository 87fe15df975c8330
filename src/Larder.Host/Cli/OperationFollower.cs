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

    /// <summary>Waits until a cache is Ready, whatever it is doing now.</summary>
    /// <param name="name">The cache.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The cache, Ready.</returns>
    /// <exception cref="CliException">It failed, is being deleted, or is not Ready in time.</exception>
    public async Task<CacheView> WaitForReadyAsync(string name, CancellationToken cancellationToken)
    {
        var cache = await client.ShowAsync(name, cancellationToken);
        if (cache.State == CacheState.Ready)
        {
            return cache;
        }

        return await new ProgressLine(context.Console, "waiting for " + name).RunAsync(async step =>
        {
            using var deadline = new Deadline(ReadyTimeout, context.Clock, cancellationToken);
            using var ticks = new PeriodicTimer(ReadyInterval, context.Clock);
            while (cache.State != CacheState.Ready)
            {
                if (cache.State is CacheState.Failed or CacheState.Deleting)
                {
                    throw CliException.Failed("not_ready", $"{name} is {cache.State}: {cache.Message}");
                }

                step($"{cache.State} {cache.Message}".Trim(), InSyncPercent(cache));
                try
                {
                    await ticks.WaitForNextTickAsync(deadline.Token);
                }
                catch (OperationCanceledException) when (deadline.HasPassed)
                {
                    throw CliException.Failed(
                        "not_ready", $"{name} is still {cache.State} after {ReadyTimeout.TotalMinutes:0} min: {cache.Message} See: {context.Command} show {name}");
                }

                cache = await client.ShowAsync(name, cancellationToken);
            }

            return cache;
        });
    }

    private static int InSyncPercent(CacheView cache)
    {
        var nodes = cache.Shards.SelectMany(shard => shard.Nodes).ToList();
        return nodes.Count == 0 ? 0 : 100 * nodes.Count(node => node.State == NodeState.InSync) / nodes.Count;
    }
}
