using System.Collections.Immutable;
using Larder.Controller.Processes;
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
        if (_request is null && await IsLateAsync(wanted, cancellationToken))
        {
            await EndAsync(wanted, new HandoverResult(false, $"it was not done within {services.Options.OperationDeadline}: {agent.Snapshot.Outcome}"), cancellationToken);
            return;
        }

        if (_request is null)
        {
            if (agent.Snapshot.Status.Epoch > wanted.FromEpoch && agent.Snapshot.Primary is not null)
            {
                // The daemon died between the change and this note, or the primary failed by itself meanwhile.
                await EndAsync(
                    wanted, new HandoverResult(true, $"shard {wanted.Shard} has another primary since epoch {agent.Snapshot.Status.Epoch}: node {agent.Snapshot.Primary.NodeOrdinal}"), cancellationToken);
                return;
            }

            if (wanted.Injected)
            {
                await services.Operations.ReportAsync(wanted.OperationId, 60, "waiting for another primary", cancellationToken);
                return;
            }

            var request = new HandoverRequest(wanted.Force, SignalOf(wanted.Fault), wanted.FromEpoch);
            if (agent.Snapshot.Primary is null && !wanted.Force)
            {
                return;
            }

            if (request.Fault is not null)
            {
                // Noted first: a daemon that dies now must not do it a second time.
                await services.Store.CommitAsync(
                    StoreTransaction.Empty.Put(key, StoreCodec.Encode(wanted with { Injected = true }, DocumentSchemas.Current)), cancellationToken);
            }

            if (agent.TryRequest(request))
            {
                _request = request;
                await services.Operations.ReportAsync(wanted.OperationId, 20, PhaseOf(wanted), cancellationToken);
                _ = request.Result.ContinueWith(_ => wake(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }

            return;
        }

        if (_request.Result.IsCompletedSuccessfully)
        {
            var result = await _request.Result;
            _request = null;
            if (!wanted.Injected || !result.Succeeded)
            {
                await EndAsync(wanted, result, cancellationToken);
            }
        }
    }

    private async Task<bool> IsLateAsync(FailoverDocument wanted, CancellationToken cancellationToken) =>
        await services.Operations.FindAsync(wanted.OperationId, cancellationToken) is { } operation
        && services.Clock.GetUtcNow() - operation.StartedAt > services.Options.OperationDeadline;

    private static ProcessSignal? SignalOf(DrillFault? fault) => fault switch
    {
        DrillFault.Kill => ProcessSignal.Kill,
        DrillFault.Hang => ProcessSignal.Stop,
        _ => null,
    };

    private static string PhaseOf(FailoverDocument wanted) => wanted.Fault switch
    {
        DrillFault.Kill => "killing the primary",
        DrillFault.Hang => "stopping the primary",
        _ => wanted.Force ? "ending the primary" : "handing over",
    };

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
