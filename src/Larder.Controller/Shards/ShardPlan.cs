using System.Collections.Immutable;
using Larder.Engines;
using Larder.Engines.Clusters;
using Larder.Model.Engines;

namespace Larder.Controller.Shards;

/// <summary>What one shard is to be on this host.</summary>
/// <param name="Cache">The cache's name.</param>
/// <param name="Shard">The shard's id.</param>
/// <param name="Slots">Its hash-slot ranges.</param>
/// <param name="Nodes">Its nodes by ordinal.</param>
internal sealed record ShardPlan(string Cache, int Shard, string Slots, ImmutableArray<PlannedNode> Nodes)
{
    /// <summary>What the shard's primary must hold at the moment of the call. Thread-safe. Nothing in an unclustered cache.</summary>
    public Func<ClusterClaim> Claim { get; init; } = () => ClusterClaim.Nothing;
}

/// <summary>One node of a <see cref="ShardPlan"/>.</summary>
/// <param name="Configuration">What it is to be.</param>
/// <param name="Installation">The engine that it runs.</param>
/// <param name="Folder">Its folder.</param>
internal sealed record PlannedNode(NodeConfiguration Configuration, EngineInstallation Installation, string Folder);
