using System.Collections.Immutable;
using Larder.Controller.Shards;
using Larder.Model.Operations;
using Larder.Store;
using Larder.Store.Documents;

namespace Larder.Controller.Caches;

/// <summary>Carries a cache's failover request from the store to the shard's agent, and its result back. Used by the cache's loop alone.</summary>
/// <param name="cache">The cache.</param>
/// <param name="services">What it needs.</param>
/// <param name="wake">Wakes the cache's loop.</param>
internal sealed class CacheFailover(string cache, CacheServices services, Action wake)
{
    private HandoverRequest? _request;

    /// <summary>Takes the step that is due, if any.</summary>
    /// <param name="agents">The cache's shards.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task StepAsync(ImmutableArray<ShardAgent> agents, CancellationToken cancellationToken)
    {
        var key = StoreKeys.Failover(cache);
        if (await services.Store.GetAsync(key, cancellationToken) is not { } entry)
        {
            return;
        }

        var wanted = StoreCodec.Decode<FailoverDocument>(key, entry.Value, DocumentSchemas.Current);
        var agent = agents.First(agent => agent.Snapshot.Status.Id == wanted.Shard);
        if (_request is null)
        {
            if (agent.Snapshot.Status.Epoch > wanted.FromEpoch && agent.Snapshot.Primary is not null)
            {
                // The daemon died between the change and this note, or the primary failed by itself meanwhile.
                await EndAsync(
                    wanted, new HandoverResult(true, $"shard {wanted.Shard} has another primary since epoch {agent.Snapshot.Status.Epoch}"), cancellationToken);
                return;
            }

            var request = new HandoverRequest(wanted.Force);
            if (agent.Snapshot.Primary is not null && agent.TryRequest(request))
            {
                _request = request;
                await services.Operations.ReportAsync(wanted.OperationId, 20, wanted.Force ? "ending the primary" : "handing over", cancellationToken);
                _ = request.Result.ContinueWith(_ => wake(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }

            return;
        }

        if (_request.Result.IsCompletedSuccessfully)
        {
            var result = await _request.Result;
            _request = null;
            await EndAsync(wanted, result, cancellationToken);
        }
    }

    private async Task EndAsync(FailoverDocument wanted, HandoverResult result, CancellationToken cancellationToken)
    {
        if (result.Succeeded)
        {
            await services.Operations.SucceedAsync(wanted.OperationId, result.Message, cancellationToken);
        }
        else
        {
            await services.Operations.FailAsync(
                wanted.OperationId,
                new OperationError("not_failed_over", $"Shard {wanted.Shard} of {cache} keeps its primary: {result.Message}.", Undone: false),
                cancellationToken);
        }

        await services.Store.CommitAsync(StoreTransaction.Empty.Delete(StoreKeys.Failover(cache)), cancellationToken);
    }
}
