using System.Collections.Immutable;
using Larder.Model.Clusters;

namespace Larder.Engines.Clusters;

/// <summary>What a shard's primary must hold, whatever its engine has heard.</summary>
/// <param name="Slots">Its slots.</param>
/// <param name="Migrating">Slots of its own that are on their way to another node: what it does not find there, it sends after them.</param>
/// <param name="Importing">Slots of others that are on their way to it.</param>
public sealed record ClusterClaim(ImmutableArray<SlotRange> Slots, ImmutableArray<SlotLink> Migrating, ImmutableArray<SlotLink> Importing)
{
    /// <summary>Nothing.</summary>
    public static ClusterClaim Nothing { get; } = new([], [], []);

    /// <summary>Whether a node is a primary that holds all of it.</summary>
    /// <param name="view">How the node sees the cluster.</param>
    /// <returns>Whether it does.</returns>
    public bool IsHeldBy(ClusterView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        return !view.Myself.IsReplica
            && Slots.All(range => view.Myself.Slots.Any(own => own.First <= range.First && own.Last >= range.Last))
            && Migrating.All(view.Migrating.Contains)
            && Importing.All(view.Importing.Contains);
    }
}

/// <summary>A slot on its way.</summary>
/// <param name="Slot">The slot.</param>
/// <param name="NodeId">The node at the other end.</param>
public readonly record struct SlotLink(int Slot, string NodeId);
