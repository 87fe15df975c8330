namespace Larder.Engines.Garnet;

/// <summary>A node in a Garnet node's view of the topology.</summary>
/// <param name="Id">Its identity, new at each start.</param>
/// <param name="Address">Where it listens for replication.</param>
/// <param name="IsMyself">Whether it is the node that was asked.</param>
/// <param name="PrimaryId">The identity of the node that it follows, or <c>null</c> for a primary.</param>
/// <param name="HasSlots">Whether it has slots.</param>
/// <param name="HasAllSlots">Whether it has all slots.</param>
internal sealed record GarnetMember(string Id, ReplicationTarget Address, bool IsMyself, string? PrimaryId, bool HasSlots, bool HasAllSlots)
{
    /// <summary>Whether it follows another node.</summary>
    public bool IsReplica => PrimaryId is not null;
}
