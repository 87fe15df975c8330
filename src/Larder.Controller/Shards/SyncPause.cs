using Larder.Controller.Nodes;
using Larder.Model.Routing;

namespace Larder.Controller.Shards;

/// <summary>
/// Holds a cache's commands while a replica is attached, for engines whose replica would apply a transaction twice that is written meanwhile.
/// Once for each process and for a bounded time. Used by the shard's loop alone.
/// </summary>
/// <param name="cache">The cache.</param>
/// <param name="shard">The shard.</param>
/// <param name="services">What it needs of the host.</param>
internal sealed class SyncPause(string cache, int shard, NodeServices services)
{
    private NodeSupervisor? _node;
    private int? _lastPid;
    private long _since;

    /// <summary>Whether commands are held now.</summary>
    public bool IsActive => _node is not null;

    /// <summary>Begins, where the node's engine needs it and its process has not had its pause yet.</summary>
    /// <param name="node">The node that is about to be attached.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task BeginAsync(NodeSupervisor node, CancellationToken cancellationToken)
    {
        if (node.Features.SyncsUnderWrites || IsActive || node.Pid == _lastPid)
        {
            return;
        }

        (_node, _lastPid, _since) = (node, node.Pid, services.Clock.GetTimestamp());
        await services.Gateway.HoldShardAsync(cache, shard, HoldReason.ReplicaAttached, services.Options.DemotionLimit, cancellationToken);
    }

    /// <summary>Ends, where the node has come in sync, has ended, or takes too long.</summary>
    /// <param name="isInSync">Tells whether a node is in sync.</param>
    public void EndIfDone(Func<NodeSupervisor, bool> isInSync)
    {
        if (_node is { } node
            && (isInSync(node) || !node.Running || services.Clock.GetElapsedTime(_since) >= services.Options.HandoverLimit))
        {
            End();
        }
    }

    /// <summary>Ends in any case.</summary>
    public void End()
    {
        if (IsActive)
        {
            _node = null;
            services.Gateway.ReleaseShard(cache, shard);
        }
    }
}
