using System.Collections.Immutable;
using Larder.Controller.Clusters;
using Larder.Engines;
using Larder.Model.Engines;

namespace Larder.Controller.Shards;

/// <summary>What one shard is to be on this host.</summary>
/// <param name="Cache">The cache's name.</param>
/// <param name="Shard">The shard's id.</param>
/// <param name="Slots">Its hash-slot ranges.</param>
/// <param name="Nodes">Its nodes by ordinal.</param>
internal sealed record ShardPlan(string Cache, int Shard, string Slots, ImmutableArray<PlannedNode> Nodes)
{
    /// <summary>What the shard's primary must hold. Nothing in an unclustered cache.</summary>
    public ClaimUse Claim { get; init; } = ClaimUse.OfNothing();
}

/// <summary>One node of a <see cref="ShardPlan"/>.</summary>
/// <param name="Configuration">What it is to be.</param>
/// <param name="Installation">The engine that it runs.</param>
/// <param name="Folder">Its folder.</param>
internal sealed record PlannedNode(NodeConfiguration Configuration, EngineInstallation Installation, string Folder);
