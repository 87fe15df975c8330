using System.Collections.Immutable;
using Larder.Controller.Shards;
using Larder.Model.Clusters;
using Larder.Model.Events;
using Larder.Model.Operations;
using Larder.Model.Routing;
using Larder.Store;
using Larder.Store.Documents;

namespace Larder.Controller.Caches;

/// <content>The agents of the shards: started, given other nodes, removed.</content>
internal sealed partial class CacheReconciler
{
    private void StartAgents(CacheDocument document, ImmutableArray<NodeDocument> nodes, CacheSecrets secrets)
    {
        foreach (var plan in Plans(document, nodes, secrets))
        {
            Start(plan);
        }

        _plannedGeneration = document.Generation;
        _installation = _placement.InstallationOf(nodes[0]);
    }

    private void Replan(CacheDocument document, ImmutableArray<NodeDocument> nodes, CacheSecrets secrets)
    {
        foreach (var plan in Plans(document, nodes, secrets))
        {
            if (_agents.FirstOrDefault(agent => agent.Snapshot.Status.Id == plan.Shard) is { } agent)
            {
                agent.Replan(plan);
            }
            else
            {
                Start(plan);
            }
        }

        _plannedGeneration = document.Generation;
    }

    private void Start(ShardPlan plan)
    {
        var agent = new ShardAgent(plan, _services.Store, _services.Host.Name, _services.Nodes, _wake.Set);
        var stop = CancellationTokenSource.CreateLinkedTokenSource(_agentsStop.Token);
        _agents = _agents.Add(agent);
        _agentLoops[agent] = (stop, Task.Run(() => agent.RunAsync(stop.Token), CancellationToken.None));
    }

    /// <summary>Removes shards that have no slots any more: their processes, their data, and what the control store has of them.</summary>
    private async Task RemoveAsync(CacheDocument document, CacheSecrets secrets, IReadOnlyCollection<int> shards, CancellationToken cancellationToken)
    {
        try
        {
            // No command may be at an engine that ends: those under way are answered first, and no other goes there until the route leads past it.
            foreach (var shard in shards)
            {
                await _services.Nodes.Gateway.HoldShardAsync(_cache, shard, HoldReason.Handover, _services.Nodes.Options.HandoverLimit, cancellationToken);
            }

            var leaving = _agents.Where(agent => shards.Contains(agent.Snapshot.Status.Id)).ToList();
            _agents = _agents.RemoveRange(leaving);
            Publish(document, secrets);
            foreach (var agent in leaving)
            {
                var (stop, loop) = _agentLoops[agent];
                await stop.CancelAsync();
                await loop.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
                stop.Dispose();
                _agentLoops.Remove(agent);
                await agent.StopNodesAsync(keepData: false, cancellationToken);
                await agent.DisposeAsync();
            }
        }
        finally
        {
            foreach (var shard in shards)
            {
                _services.Nodes.Gateway.ReleaseShard(_cache, shard);
            }
        }

        var nodes = (await _placement.FindAsync(_cache, cancellationToken)).Where(node => shards.Contains(node.Shard)).ToList();
        await _cluster.ForgetAsync(nodes.Select(node => node.Ordinal));
        var transaction = StoreTransaction.Empty;
        foreach (var node in nodes)
        {
            if (Directory.Exists(_services.Home.NodeFolder(_cache, node.Ordinal)))
            {
                Directory.Delete(_services.Home.NodeFolder(_cache, node.Ordinal), recursive: true);
            }

            transaction = transaction.Delete(StoreKeys.Node(_cache, node.Ordinal));
        }

        transaction = shards.Aggregate(transaction, (more, shard) => more.Delete(StoreKeys.Leader(_cache, shard)).Delete(StoreKeys.Epoch(_cache, shard)));
        await _services.Store.CommitAsync(transaction, cancellationToken);
    }

    /// <summary>Ends a change of the number of shards where all slots are where they are to be.</summary>
    /// <returns>Whether the cache has to be looked at afresh.</returns>
    private async Task<bool> EndScalingAsync(
        CacheDocument document, long revision, CacheSecrets secrets, ScalingDocument scaling, CancellationToken cancellationToken)
    {
        if (_cluster.State is not { Document: { Moves.IsEmpty: true } cluster } state || scaling is not { StartedAt: { } began, Before: { } before } || SlotPlanner.Count(state.Map, scaling.To) > 0)
        {
            return false;
        }

        // Everybody must have heard that the shards that leave have nothing any more.
        var leaving = _agents.Select(agent => agent.Snapshot.Status.Id).Where(shard => shard >= scaling.To).ToList();
        if (leaving.Count > 0 && _cluster.Problem.Length > 0)
        {
            return false;
        }

        var undone = scaling.Fault.Length > 0;
        if (undone && !await _scaling.CloseReservesAsync(cancellationToken))
        {
            return false;
        }

        await RemoveAsync(document, secrets, leaving, cancellationToken);
        var key = StoreKeys.Spec(_cache);
        var now = _services.Clock.GetUtcNow();
        var shards = cluster.Shards.RemoveRange(cluster.Shards.Keys.Where(shard => shard >= scaling.To));
        var next = cluster with
        {
            Shards = shards,
            Scaling = null,
            Past = [.. cluster.Past.Where(past => past.Ended > now.AddHours(-document.Spec.Backup.WindowHours)), new PastScaling(before, shards, began, now)],
        };
        var transaction = StoreTransaction.Empty.IfRevision(StoreKeys.Cluster(_cache), state.Revision)
            .Put(StoreKeys.Cluster(_cache), StoreCodec.Encode(next, DocumentSchemas.Current));
        if (undone)
        {
            var spec = document.Spec with { Cluster = document.Spec.Cluster with { ShardCount = scaling.To } };
            transaction = transaction.IfRevision(key, revision).Put(
                key, StoreCodec.Encode(document with { Spec = spec, Generation = document.Generation + 1 }, DocumentSchemas.Current));
        }

        if ((await _services.Store.CommitAsync(transaction, cancellationToken)).Committed)
        {
            if (undone)
            {
                await _services.Operations.FailAsync(
                    scaling.OperationId,
                    new OperationError("not_scaled", $"{document.Spec.Name} has {scaling.To} shards as before: {scaling.Fault}", Undone: true), cancellationToken);
            }
            else
            {
                _services.Events.Append(new CacheEvent(EventKind.ScalingCompleted, document.Spec.Name, $"{document.Spec.Name} has {scaling.To} shards instead of {scaling.From}."));
            }
        }

        _wake.Set();
        return true;
    }

    private IEnumerable<ShardPlan> Plans(CacheDocument document, ImmutableArray<NodeDocument> nodes, CacheSecrets secrets) =>
        nodes.GroupBy(node => node.Shard).OrderBy(shard => shard.Key).Select(shard => new ShardPlan(
            document.Spec.Name,
            shard.Key,
            new SlotRange(0, SlotRange.Slots - 1).ToString(),
            [.. shard.Select(node => new PlannedNode(
                NodeConfigurations.Of(document, node, nodes, secrets, _services.Home, _services.Storages, _services.Nodes.Engines.For(node.Engine), _placement.InstallationOf(node)),
                _placement.InstallationOf(node),
                _services.Home.NodeFolder(_cache, node.Ordinal)))])
        {
            Claim = _cluster.UseOf(shard.Key),
        });

    private async Task StopAgentsAsync()
    {
        await _agentsStop.CancelAsync();
        await _scaling.EndAsync();
        await _clustering.StopAsync();
        await _transfers.StopAsync();
        await _backups.StopAsync();
        try
        {
            await Task.WhenAll(_agentLoops.Values.Select(running => running.Loop));
        }
        catch (OperationCanceledException)
        {
            // As asked.
        }

        foreach (var (stop, _) in _agentLoops.Values)
        {
            stop.Dispose();
        }

        _agentLoops.Clear();
    }
}
