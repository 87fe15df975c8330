namespace Larder.Engines.Clusters;

/// <summary>What makes a node one of a cluster.</summary>
/// <param name="Self">The node itself.</param>
/// <param name="Peers">All nodes of the cache, itself included.</param>
public sealed record ClusterMembership(ClusterPeer Self, IReadOnlyList<ClusterPeer> Peers)
{
    /// <summary>The node that listens at an address.</summary>
    /// <param name="target">The address.</param>
    /// <returns>The node, or <c>null</c>.</returns>
    public ClusterPeer? At(ReplicationTarget target) => Peers.FirstOrDefault(peer => peer.Address == target.Address && peer.Port == target.Port);
}
