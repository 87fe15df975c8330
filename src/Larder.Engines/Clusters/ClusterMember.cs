using System.Collections.Immutable;
using Larder.Model.Clusters;

namespace Larder.Engines.Clusters;

/// <summary>A node in another node's view of the cluster.</summary>
/// <param name="Id">40 hexadecimal digits.</param>
/// <param name="Address">Where it is thought to listen; empty where that is not known.</param>
/// <param name="Port">Its port there.</param>
/// <param name="IsMyself">Whether it is the node that was asked.</param>
/// <param name="IsReplica">Whether it is a replica.</param>
/// <param name="PrimaryId">The primary of a replica, or <c>null</c>.</param>
/// <param name="InHandshake">Whether the two have not met yet: the id is made up.</param>
/// <param name="Slots">The slots it is thought to have.</param>
public sealed record ClusterMember(
    string Id, string Address, int Port, bool IsMyself, bool IsReplica, string? PrimaryId, bool InHandshake, ImmutableArray<SlotRange> Slots);
