using System.Globalization;
using System.Text;
using Larder.Engines.Clusters;
using Larder.Model.Clusters;

namespace Larder.Engines.Redis;

/// <summary>
/// The file in which a node keeps its view of the cluster (<c>nodes.conf</c>), written anew at each start: who belongs to the cluster is Larder's to say.
/// </summary>
/// <remarks>
/// The nodes so know each other from the beginning and need not be introduced. A node that starts on its own is the replica of one that does not exist (no address, no
/// slots): it keeps what it has, connects to nobody whatever is said by others, and becomes a primary with slots the moment that Larder tells it to (CLUSTER FAILOVER
/// TAKEOVER). Slots are given to another such node, so that the cluster counts as whole: an engine that has once seen its cluster fail takes no commands for 5 s after
/// it has become whole. Every claim of a real primary has a higher epoch than these entries and replaces them.
/// </remarks>
internal static class RedisClusterFile
{
    /// <summary>Its name, in the data folder.</summary>
    public const string Name = "nodes.conf";

    /// <summary>Has the slots that nobody has claimed.</summary>
    public const string SlotKeeper = "000000000000000000000000000000000000000b";

    /// <summary>Renders it.</summary>
    /// <param name="membership">The node and its siblings.</param>
    /// <param name="primary">The primary that it starts as a replica of, or <c>null</c>.</param>
    /// <param name="dialect">What the engine understands.</param>
    /// <returns>The file's text.</returns>
    public static string Render(ClusterMembership membership, ClusterPeer? primary, RedisDialect dialect)
    {
        var text = new StringBuilder();
        foreach (var peer in membership.Peers)
        {
            var myself = peer.NodeId == membership.Self.NodeId;
            text.Append(
                CultureInfo.InvariantCulture,
                $"{peer.NodeId} {peer.Address}:{peer.Port}@{peer.BusPort}{Shard(peer, dialect)} {(myself ? "myself,slave" : "master")} {(myself ? primary?.NodeId ?? membership.Self.ShardId : "-")} 0 0 0 connected\n");
        }

        // An engine that takes a node without an address for a failed one gets an address at which nobody listens.
        var nowhere = dialect.FailsNodesWithoutAddress ? ("127.0.0.1:1@1", "master") : (":0@0", "master,noaddr");
        if (primary is null)
        {
            // Nobody is called as the shard is; who follows nobody, follows that.
            text.Append(CultureInfo.InvariantCulture, $"{membership.Self.ShardId} :0@0{Shard(membership.Self, dialect)} master,noaddr - 0 0 0 disconnected\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"{SlotKeeper} {nowhere.Item1} {nowhere.Item2} - 0 0 0 disconnected 0-{SlotRange.Slots - 1}\n");
        text.Append("vars currentEpoch 0 lastVoteEpoch 0\n");
        return text.ToString();
    }

    private static string Shard(ClusterPeer peer, RedisDialect dialect) => dialect.HasClusterShardIds ? $",,shard-id={peer.ShardId}" : string.Empty;
}
