using System.Collections.Immutable;

namespace Larder.Store.Documents;

/// <summary>The newest epoch of a shard. It outlives the leader key, so that an epoch is never used twice.</summary>
/// <param name="Epoch">The epoch.</param>
/// <param name="Primary">The ordinal of the node that was elected in it.</param>
public sealed record EpochDocument(long Epoch, int Primary)
{
    /// <summary>
    /// The nodes that have the newest generation of the data: the primary and the replicas that are in sync with it. Empty where an older Larder
    /// wrote the document.
    /// </summary>
    public ImmutableArray<int> InSync { get; init; } = [];

    /// <summary>
    /// The newest epoch that began without the newest generation, since it was lost or given up; 0 where none did. A node that was last in sync before
    /// it may have what nobody else has.
    /// </summary>
    public long LossySince { get; init; }
}
