using System.Collections.Immutable;
using Larder.Controller.Nodes;
using Larder.Controller.Recovery;
using Larder.Controller.Snapshots;
using Larder.Engines;
using Larder.Model.Status;
using Larder.Store;

namespace Larder.Controller.Shards;

/// <content>What others do with the shard's data: snapshots of it, and its exchange for other data.</content>
internal sealed partial class ShardAgent
{
    private DataExchange? _exchange;

    /// <summary>The shard's id.</summary>
    public int Shard => _shard;

    /// <summary>The folders of its nodes, by ordinal.</summary>
    public ImmutableArray<NodeFolders> Folders => [.. _nodes.Select(node => node.Folders)];

    /// <summary>The configurations of its nodes, by ordinal.</summary>
    public ImmutableArray<NodeConfiguration> Configurations => [.. _nodes.Select(node => node.Configuration)];

    /// <summary>The node that a snapshot is best taken on: the replica in sync that is furthest, else the primary.</summary>
    /// <returns>The node, or <c>null</c> while the shard has no primary.</returns>
    public SnapshotSource? SnapshotSource()
    {
        if (Leader is not { Probe: { Loading: false, Role: NodeRole.Primary } } leader)
        {
            return null;
        }

        var replica = _nodes.Where(node => node != leader && IsInSync(node)).MaxBy(node => node.Probe?.ReplicationOffset ?? 0);
        var chosen = replica ?? leader;
        return new SnapshotSource(
            _shard, chosen.Ordinal, replica is not null, chosen.Configuration, chosen.Installation,
            [.. _nodes.Where(node => node != chosen).Select(node => node.Configuration)], leader.Configuration);
    }

    /// <summary>The node that was elected last, or <c>null</c>.</summary>
    public int? LastPrimary => _leadership.LastPrimary;

    /// <summary>Keys of the primary, or <c>null</c> while there is none.</summary>
    public long? Keys => Leader is { Probe: { Loading: false } probe } ? probe.Keys : null;

    /// <summary>Asks for an exchange of the shard's data; carried out in the next cycle.</summary>
    /// <param name="exchange">The work.</param>
    /// <returns>False where one is under way.</returns>
    public bool TryRequest(DataExchange exchange)
    {
        if (Interlocked.CompareExchange(ref _exchange, exchange, null) is not null)
        {
            return false;
        }

        _wake.Set();
        return true;
    }

    private async Task ExchangeDataAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _exchange) is not { } exchange)
        {
            return;
        }

        try
        {
            if (Leader is { } leader)
            {
                await LoseAsync(exchange.Reason, cancellationToken);
                if (exchange.GivesBack)
                {
                    await leader.GiveBackAsync(cancellationToken);
                }
            }

            await StopNodesAsync(keepData: true, cancellationToken, exchange.StopLimit);
            foreach (var node in _nodes)
            {
                node.NoticeExit();
            }

            _cold = null;
            _lostTold = false;
            if (await exchange.WhileStopped([.. _nodes.Select(node => node.Folders)], cancellationToken) is { } plan)
            {
                // Whatever else the nodes were to become was meant for what they were.
                Volatile.Write(ref _replan, null);
                foreach (var planned in plan.Nodes)
                {
                    await _nodes.First(node => node.Ordinal == planned.Configuration.Ordinal).AssignAsync(planned.Configuration);
                }

                // They have just saved what they had, each of them: it needs no check.
                _cold = _nodes.All(node => File.Exists(node.Folders.StoppedMark)) ? new ColdStart(MayStart: true, [], AllLost: false, "it was stopped in order") : null;
            }

            exchange.Complete();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ControlStoreException or EngineException)
        {
            exchange.Fail(exception);
        }
        catch (OperationCanceledException exception)
        {
            exchange.Fail(exception);
            throw;
        }
        finally
        {
            Volatile.Write(ref _exchange, null);
        }
    }
}
