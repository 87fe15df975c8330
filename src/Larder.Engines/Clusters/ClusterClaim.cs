using System.Collections.Immutable;
using Larder.Model.Clusters;

namespace Larder.Engines.Clusters;

/// <summary>What a shard's primary must hold, whatever its engine has heard.</summary>
/// <param name="Slots">Its slots.</param>
/// <param name="Migrating">Slots of its own that are on their way to another node: what it does not find there, it sends after them.</param>
/// <param name="Importing">Slots of others that are on their way to it.</param>
public sealed record ClusterClaim(ImmutableArray<SlotRange> Slots, ImmutableArray<SlotLink> Migrating, ImmutableArray<SlotLink> Importing)
{
    /// <summary>Slots that are about to be on their way: a node may know of that already.</summary>
    public ImmutableHashSet<int> Prepared { get; init; } = [];

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
            && Importing.All(view.Importing.Contains)
            && !Stale(view).Any();
    }

    /// <summary>
    /// Slots that a node has on their way and that stay where they are, or of which it has heard from others that they have arrived. One that has arrived and that the node
    /// takes for its own is none: it is left on its way until the node is told.
    /// </summary>
    /// <param name="view">How the node sees the cluster.</param>
    /// <returns>The slots.</returns>
    public IEnumerable<int> Stale(ClusterView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        return view.Migrating.Select(link => link.Slot).Where(slot => (Owns(slot) || !Has(view.Myself.Slots, slot)) && Migrating.All(link => link.Slot != slot))
            .Concat(view.Importing.Select(link => link.Slot).Where(slot => !Owns(slot) && Importing.All(link => link.Slot != slot)))
            .Where(slot => !Prepared.Contains(slot));
    }

    private bool Owns(int slot) => Has(Slots, slot);

    private static bool Has(ImmutableArray<SlotRange> slots, int slot) => slots.Any(range => range.Contains(slot));
}

/// <summary>A slot on its way.</summary>
/// <param name="Slot">The slot.</param>
/// <param name="NodeId">The node at the other end.</param>
public readonly record struct SlotLink(int Slot, string NodeId);
