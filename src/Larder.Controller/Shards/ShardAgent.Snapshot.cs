using System.Collections.Immutable;
using Larder.Controller.Nodes;
using Larder.Model.Routing;
using Larder.Model.Status;

namespace Larder.Controller.Shards;

/// <content>What the loop tells of itself.</content>
internal sealed partial class ShardAgent
{
    private bool IsInSync(NodeSupervisor node) => node.Probe is { Loading: false } probe && (node == Leader
        ? probe.Role == NodeRole.Primary
        : Leader is { } leader && probe is { Role: NodeRole.Replica, LinkUp: true, FullSyncInProgress: false } && probe.Following == leader.Target);

    private void Publish(string outcome)
    {
        var before = _snapshot;
        var now = Take(outcome);
        _snapshot = now;
        if (now.Outcome != before.Outcome)
        {
            Log.CycleOutcome(_logger, _cache, _shard, now.Outcome);
        }

        if (now.Primary != before.Primary || now.Outcome != before.Outcome || !SameStates(before.Status, now.Status)
            || !now.Nodes.Select(node => node.View?.Signature).SequenceEqual(before.Nodes.Select(node => node.View?.Signature))
            || now.FailedStarts != before.FailedStarts || !now.PortsTaken.SequenceEqual(before.PortsTaken)
            || !now.Alarms.SequenceEqual(before.Alarms))
        {
            _changed();
        }
    }

    private static bool SameStates(ShardStatus one, ShardStatus other) => one.Epoch == other.Epoch
        && one.Nodes.Select(node => (node.State, node.Role, node.Pid)).SequenceEqual(other.Nodes.Select(node => (node.State, node.Role, node.Pid)));

    private string Describe()
    {
        if (Leader is null)
        {
            return $"shard {_shard} has no primary";
        }

        var waiting = _nodes.Where(node => !IsInSync(node)).ToList();
        return waiting.Count == 0
            ? $"node {_leadership.Held} is the primary in epoch {_leadership.Epoch}; all replicas are in sync"
            : $"waiting for {string.Join(", ", waiting.Select(node => $"node {node.Ordinal} ({StateOf(node)})"))}";
    }

    private NodeState StateOf(NodeSupervisor node)
    {
        if (!node.Running)
        {
            return NodeState.Down;
        }

        return node.Probe switch
        {
            null => node.Problem == "starting" ? NodeState.Starting : NodeState.Down,
            { Loading: true } => NodeState.Starting,
            _ => IsInSync(node) ? NodeState.InSync : NodeState.Syncing,
        };
    }

    private ShardSnapshot Take(string outcome)
    {
        var leader = Leader;
        var written = leader?.Probe?.ReplicationOffset;
        var statuses = _nodes.Select(node => new NodeStatus
        {
            Ordinal = node.Ordinal,
            Role = node.Ordinal == (_leadership.Held ?? _leadership.LastPrimary ?? _nodes[0].Ordinal) ? NodeRole.Primary : NodeRole.Replica,
            State = StateOf(node),
            Host = _host,
            Pid = node.Pid,
            ReplicationOffset = node.Probe?.ReplicationOffset,
            LagBytes = node == leader ? 0 : written is { } head && node.Probe is { } probe ? Math.Max(0, head - probe.ReplicationOffset) : null,
            UsedMemoryBytes = node.Probe?.UsedMemoryBytes,
            Keys = node.Probe?.Keys,
            OperationsPerSecond = node.Probe?.OperationsPerSecond,
            DatabaseKeys = node.Probe?.DatabaseKeys ?? ImmutableSortedDictionary<int, long>.Empty,
            Restarts = node.Failures,
            Message = node.Problem.Length > 0 ? node.Problem : node.Alarm,
        }).ToImmutableArray();
        var failing = _nodes.OrderByDescending(node => node.FailedStarts).First();
        var route = leader is not null && leader.Ordinal == _confirmedPrimary && _leadership.View is { } view
            ? new PrimaryRoute(
                leader.Ordinal, _leadership.Epoch, leader.Configuration.SocketPath,
                leader.Configuration.GatewayUser.Name, leader.Configuration.GatewayUser.Password, view)
            : null;
        return new ShardSnapshot(
            new ShardStatus(_shard, _leadership.Epoch, _slots, statuses), route, outcome, failing.FailedStarts,
            failing.FailedStarts > 0 ? failing.Problem : "",
            [.. _nodes.Where(node => node.PortTaken).Select(node => node.Configuration.ReplicationPort)],
            [.. _nodes.Select(node => node.Alarm).Where(alarm => alarm.Length > 0)])
        {
            Nodes = [.. _nodes.Zip(statuses).Select(pair => new NodeSight(pair.First.Configuration, pair.Second.Role, IsInSync(pair.First), pair.First.Probe))],
        };
    }
}
