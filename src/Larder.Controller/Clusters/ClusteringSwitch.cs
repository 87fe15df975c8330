using System.Collections.Immutable;
using Larder.Controller.Caches;
using Larder.Controller.Nodes;
using Larder.Controller.Shards;
using Larder.Engines;
using Larder.Model.Clusters;
using Larder.Model.Routing;
using Larder.Model.Specs;
using Larder.Model.Status;
using Larder.Security.Files;
using Larder.Store;
using Larder.Store.Documents;

namespace Larder.Controller.Clusters;

/// <summary>
/// Stops an unclustered cache's nodes and has them start as a cluster of one shard with the data that they have, and the other way round.
/// </summary>
/// <remarks>
/// <code>
/// all nodes save                       so that a disk that takes nothing is found while nothing is held
/// gateway: hold, replies under way drain
/// keys in other databases?             counted where nobody writes any more: engines in cluster mode have no place for them
/// logs are written anew                an old log may tell of other databases that are empty by now; a cluster would take that for database 0
/// nodes stop in order                  | a problem up to here: they start as they were, and everything is as before
/// what the primary had is kept         |
/// -------------------------------------+--------------------------------------------------------------------------
/// one commit: members, slots, phase    | from here on they start as a cluster, whatever daemon starts them
/// </code>
/// </remarks>
/// <param name="cluster">The cache's cluster.</param>
/// <param name="placement">Where its nodes are.</param>
/// <param name="services">What it needs.</param>
internal sealed class ClusteringSwitch(CacheCluster cluster, CachePlacement placement, CacheServices services)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>What a step works with.</summary>
    /// <param name="Agent">The shard.</param>
    /// <param name="Document">The cache as it is to be after the switch.</param>
    /// <param name="State">How far it has come.</param>
    /// <param name="Revision">The revision of <paramref name="State"/>.</param>
    /// <param name="Plan">Makes the shard's plan from the cache and its nodes.</param>
    internal sealed record Work(
        ShardAgent Agent, CacheDocument Document, ClusteringDocument State, long Revision, Func<CacheDocument, ImmutableArray<NodeDocument>, ShardPlan> Plan)
    {
        /// <summary>The cache's name.</summary>
        public string Cache => Document.Spec.Name;
    }

    /// <summary>Has the nodes start as a cluster. Commands are held when it returns, unless it returns a fault or throws.</summary>
    /// <param name="work">What it works with.</param>
    /// <param name="closing">Called before the cluster can be seen: it is not to be served yet.</param>
    /// <param name="say">Tells the phase.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Why it cannot be; <c>null</c> where it is done.</returns>
    /// <exception cref="EngineException">A node does not take part at the moment; everything is as before.</exception>
    public async Task<string?> EnterAsync(Work work, Action closing, Action<string> say, CancellationToken cancellationToken)
    {
        var held = false;
        var done = false;
        var driver = services.Nodes.Engines.For(work.Agent.Installation.Family);
        var configurations = work.Agent.Configurations;
        var nodes = configurations.ToImmutableDictionary(node => node.Ordinal, driver.Open);
        try
        {
            say("all nodes save what they have");
            await Task.WhenAll(nodes.Values.Select(node => node.SaveAsync(cancellationToken)));
            held = true;
            var limit = services.Options.HandoverLimit;
            if (!await services.Nodes.Gateway.HoldAsync(work.Cache, HoldReason.Handover, limit, cancellationToken))
            {
                throw new EngineException(EngineFailure.TimedOut, $"commands that were under way were not answered within {limit.TotalSeconds:0.#} s");
            }

            var heldAt = services.Clock.GetUtcNow();
            if (work.Agent.Snapshot is not { Ready: true, Primary.NodeOrdinal: var primary })
            {
                throw new EngineException(EngineFailure.Unreachable, "a node is not in sync any more");
            }

            if (await OtherDatabasesAsync(nodes[primary], cancellationToken) is { } used)
            {
                return $"a cluster has database 0 alone, and {used}";
            }

            say("commands wait: the nodes save and stop");
            if (configurations[0].Persistence is PersistenceMode.Aof or PersistenceMode.AofDual)
            {
                await Task.WhenAll(nodes.Values.Select(node => node.SaveAsync(cancellationToken)));
            }

            await ExchangeAsync(work, "it becomes a cluster", givesBack: true, async (folders, token) =>
            {
                Distrust(work.Agent, folders);
                Kept(work, primary).Keep();
                closing();
                return await CommitAsync(work, work.State with { Phase = ClusteringPhase.Starting, HeldAt = heldAt, Since = services.Clock.GetUtcNow() }, token);
            }, cancellationToken);
            done = true;
            return null;
        }
        finally
        {
            if (held && !done)
            {
                services.Nodes.Gateway.Release(work.Cache);
            }

            foreach (var node in nodes.Values)
            {
                await node.DisposeAsync();
            }
        }
    }

    /// <summary>Has the nodes start without a cluster again: with all that clients have written, or, where none can have, with what the primary had before.</summary>
    /// <param name="work">What it works with.</param>
    /// <param name="cancellationToken">Gives up; it is begun anew.</param>
    public async Task LeaveAsync(Work work, CancellationToken cancellationToken)
    {
        try
        {
            // Commands that are not answered in time see the end of their node, as in a failure.
            await services.Nodes.Gateway.HoldAsync(work.Cache, HoldReason.Handover, services.Options.HandoverLimit, cancellationToken);
            await ExchangeAsync(work, "it goes back to being no cluster", givesBack: false, async (folders, token) =>
            {
                Distrust(work.Agent, folders);
                if (!work.State.Served)
                {
                    foreach (var (node, folder) in work.Agent.Configurations.Zip(folders).Where(pair => Directory.Exists(pair.Second.Before(work.State.OperationId))))
                    {
                        Kept(work, node.Ordinal).Restore();
                        OwnerOnlyFile.Write(folder.Generation, DataGeneration.Serialize(new DataGeneration(Math.Max(1, work.Agent.Snapshot.Status.Epoch), Primary: true)));
                    }
                }

                return await CommitAsync(work, work.State with { Phase = ClusteringPhase.Returning, Since = services.Clock.GetUtcNow() }, token);
            }, cancellationToken);
        }
        finally
        {
            services.Nodes.Gateway.Release(work.Cache);
        }
    }

    /// <summary>Deletes what the primary had before.</summary>
    /// <param name="agent">The shard.</param>
    /// <param name="state">The change that it was kept for.</param>
    public static void Forget(ShardAgent agent, ClusteringDocument state)
    {
        foreach (var folder in agent.Folders)
        {
            new KeptData(folder, [], state.OperationId).Forget();
        }
    }

    private KeptData Kept(Work work, int ordinal)
    {
        var node = work.Agent.Configurations.First(one => one.Ordinal == ordinal);
        var folders = work.Agent.Folders[work.Agent.Configurations.IndexOf(node)];
        return new KeptData(folders, services.Nodes.Engines.For(work.Agent.Installation.Family).DataPaths(node), work.State.OperationId);
    }

    private async Task ExchangeAsync(
        Work work, string reason, bool givesBack, Func<ImmutableArray<NodeFolders>, CancellationToken, Task<ShardPlan?>> whileStopped, CancellationToken cancellationToken)
    {
        var exchange = new DataExchange(reason, whileStopped) { StopLimit = services.Options.OperationDeadline, GivesBack = givesBack };
        while (!work.Agent.TryRequest(exchange))
        {
            await Task.Delay(PollInterval, services.Clock, cancellationToken);
        }

        await exchange.Done.WaitAsync(cancellationToken);
    }

    private async Task<ShardPlan?> CommitAsync(Work work, ClusteringDocument next, CancellationToken cancellationToken)
    {
        var key = StoreKeys.Clustering(work.Cache);
        var map = StoreKeys.Cluster(work.Cache);
        var nodes = await PlaceAsync();
        if (next.IsClustered)
        {
            await cluster.LoadAsync(work.Document, cancellationToken);
        }
        else
        {
            await cluster.LeaveAsync(nodes.Select(node => node.Ordinal));
        }

        return work.Plan(work.Document, nodes);

        async Task<ImmutableArray<NodeDocument>> PlaceAsync()
        {
            try
            {
                return await placement.ChangeMembershipAsync(
                    work.Cache,
                    next.IsClustered,
                    transaction =>
                    {
                        transaction = transaction.IfRevision(key, work.Revision).Put(key, StoreCodec.Encode(next, DocumentSchemas.Current));
                        return next.IsClustered ? transaction.Put(map, StoreCodec.Encode(ClusterState.New(1), DocumentSchemas.Current)) : transaction.Delete(map);
                    },
                    cancellationToken);
            }
            catch (ControlStoreException)
            {
                // It may be there all the same, and what is there is what the nodes are to be.
                if (await services.Store.GetAsync(key, cancellationToken) is { } entry
                    && StoreCodec.Decode<ClusteringDocument>(key, entry.Value, DocumentSchemas.Current).Phase == next.Phase)
                {
                    return await placement.FindAsync(work.Cache, cancellationToken);
                }

                throw;
            }
        }
    }

    private static async Task<string?> OtherDatabasesAsync(IEngineNode primary, CancellationToken cancellationToken)
    {
        var probe = await primary.ProbeAsync(TimeSpan.FromSeconds(5), cancellationToken);
        var used = OtherDatabases.Describe(probe.DatabaseKeys);
        return probe.Role != NodeRole.Primary ? throw new EngineException(EngineFailure.Unreachable, "the primary is none any more")
            : used.Length == 0 ? null
            : used;
    }

    /// <summary>A node that had to be killed may have an older snapshot only; where another one has saved all, that one is to be the primary.</summary>
    private static void Distrust(ShardAgent agent, ImmutableArray<NodeFolders> folders)
    {
        if (agent.Configurations[0].Persistence is PersistenceMode.Aof or PersistenceMode.AofDual || !folders.Any(folder => File.Exists(folder.StoppedMark)))
        {
            return;
        }

        foreach (var folder in folders.Where(folder => !File.Exists(folder.StoppedMark)))
        {
            File.Delete(folder.Generation);
        }
    }
}
