using Larder.Engines;
using Larder.Engines.Clusters;
using Larder.Model.Status;

namespace Larder.Controller.Shards;

/// <summary>What a shard's loop last saw of one of its nodes.</summary>
/// <param name="Configuration">What the node is to be.</param>
/// <param name="Role">Its role by the leader key.</param>
/// <param name="InSync">Whether it is the serving primary, or a replica that is in sync with it.</param>
/// <param name="Probe">Its last answer, or <c>null</c> where it did not answer.</param>
internal sealed record NodeSight(NodeConfiguration Configuration, NodeRole Role, bool InSync, NodeProbe? Probe)
{
    /// <summary>Its ordinal.</summary>
    public int Ordinal => Configuration.Ordinal;

    /// <summary>What its siblings must know of it; <c>null</c> in an unclustered cache.</summary>
    public ClusterPeer? Self => Configuration.Cluster?.Self;

    /// <summary>How it sees the cluster; <c>null</c> where it did not say.</summary>
    public ClusterView? View => Probe?.Cluster;
}
