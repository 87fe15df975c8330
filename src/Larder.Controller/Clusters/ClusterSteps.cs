using System.Collections.Immutable;
using Larder.Controller.Shards;
using Larder.Engines.Clusters;
using Larder.Model.Clusters;
using Larder.Model.Status;

namespace Larder.Controller.Clusters;

/// <summary>
/// Compares how the nodes see their cluster with how it is to be. Pure: the same views give the same answer, whatever happened before, so that it does not matter where
/// an earlier daemon stopped.
/// </summary>
internal static class ClusterSteps
{
    /// <summary>What is to be done so that the nodes know each other and nobody else.</summary>
    /// <param name="sights">All nodes of the cache.</param>
    /// <returns>The steps; none where they do.</returns>
    public static ImmutableArray<ClusterStep> Decide(IReadOnlyList<NodeSight> sights)
    {
        var steps = ImmutableArray.CreateBuilder<ClusterStep>();
        var members = sights.Select(sight => sight.Self).OfType<ClusterPeer>().ToList();
        foreach (var sight in sights)
        {
            if (sight is not { View: { } view, Self: { } self })
            {
                continue;
            }

            // One that does not run cannot be met; the attempt would stay behind.
            steps.AddRange(sights
                .Where(other => other is { View: not null, Self: { } peer } && peer.NodeId != self.NodeId && view.Find(peer.NodeId) is null)
                .Select(other => new ClusterStep(sight.Ordinal, other.Self, "")));
            steps.AddRange(view.Members
                .Where(member => !member.InHandshake && member.Slots.IsEmpty && member.Id != view.Myself.PrimaryId && members.TrueForAll(peer => peer.NodeId != member.Id))
                .Select(member => new ClusterStep(sight.Ordinal, null, member.Id)));
        }

        return steps.ToImmutable();
    }

    /// <summary>
    /// What is to be done so that nodes hear of slots that have changed hands: gossip would tell them, in seconds. A primary that introduces itself says what it has.
    /// </summary>
    /// <param name="sights">All nodes of the cache.</param>
    /// <param name="map">Which shard is to have which slot.</param>
    /// <param name="shards">Which shard each node is of.</param>
    /// <returns>The steps; none where all know it.</returns>
    public static ImmutableArray<ClusterStep> Remind(IReadOnlyList<NodeSight> sights, SlotMap map, Func<int, int> shards)
    {
        var steps = ImmutableArray.CreateBuilder<ClusterStep>();
        foreach (var primary in sights)
        {
            if (primary is { Role: NodeRole.Primary, View.Myself: { IsReplica: false } myself, Self: { } self } && map.Of(shards(primary.Ordinal)) is var slots
                && myself.Slots.SequenceEqual(slots))
            {
                steps.AddRange(sights
                    .Where(other => other.Ordinal != primary.Ordinal && other.View?.Find(self.NodeId) is { } seen && !seen.Slots.SequenceEqual(slots))
                    .Select(other => new ClusterStep(primary.Ordinal, other.Self, "")));
            }
        }

        return steps.ToImmutable();
    }

    /// <summary>Whether every node that answers sees every slot where it is to be, and serves.</summary>
    /// <param name="sights">All nodes of the cache.</param>
    /// <param name="map">Which shard is to have which slot.</param>
    /// <param name="shards">Which shard each node is of.</param>
    /// <returns>One sentence on the first thing that is not so; empty where all is.</returns>
    public static string Problem(IReadOnlyList<NodeSight> sights, SlotMap map, Func<int, int> shards)
    {
        var primaries = sights.Where(sight => sight is { Role: NodeRole.Primary, Self: not null })
            .Select(sight => (sight.Self!.NodeId, Shard: shards(sight.Ordinal), Slots: map.Of(shards(sight.Ordinal)), sight.Probe?.Keys))
            .ToList();
        foreach (var sight in sights)
        {
            if (sight.View is not { } view)
            {
                continue;
            }

            if (!view.IsOk)
            {
                return $"node {sight.Ordinal} says that the cluster does not serve";
            }

            foreach (var (id, shard, slots, _) in primaries)
            {
                var seen = view.Find(id)?.Slots ?? [];
                if (!seen.SequenceEqual(slots))
                {
                    return $"node {sight.Ordinal} sees {Describe(seen)} at shard {shard}, which has {Describe(slots)}";
                }
            }
        }

        // Whatever they are, they are not removed with the shard.
        return primaries.FirstOrDefault(primary => primary is { Slots.IsEmpty: true, Keys: > 0 }) is { NodeId: not null } left
            ? $"shard {left.Shard} has no slots, and {left.Keys} keys"
            : "";
    }

    private static string Describe(ImmutableArray<SlotRange> slots) => slots.Sum(range => range.Count) switch
    {
        0 => "no slots",
        1 => "1 slot",
        var count => $"{count} slots",
    };
}
