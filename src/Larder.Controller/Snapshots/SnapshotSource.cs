using System.Collections.Immutable;
using Larder.Engines;
using Larder.Model.Engines;

namespace Larder.Controller.Snapshots;

/// <summary>The node of a shard that a snapshot is best taken on at the moment.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Node">The node.</param>
/// <param name="IsReplica">Whether it is an in-sync replica, so that the primary has no part in it.</param>
/// <param name="Configuration">The node's configuration.</param>
/// <param name="Installation">Its engine.</param>
/// <param name="Others">The configurations of the shard's other nodes on this host.</param>
/// <param name="Primary">The primary's configuration; the node's own where it is the primary.</param>
internal sealed record SnapshotSource(
    int Shard, int Node, bool IsReplica, NodeConfiguration Configuration, EngineInstallation Installation, ImmutableArray<NodeConfiguration> Others,
    NodeConfiguration Primary)
{
    /// <summary>The same shard's primary instead, where a replica does not get as far.</summary>
    public SnapshotSource OnPrimary() => this with
    {
        Node = Primary.Ordinal,
        IsReplica = false,
        Configuration = Primary,
        Others = [Configuration, .. Others.Where(other => other != Primary)],
    };
}
