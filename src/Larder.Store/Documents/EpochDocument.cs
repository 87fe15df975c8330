namespace Larder.Store.Documents;

/// <summary>The newest epoch of a shard. It outlives the leader key, so that an epoch is never used twice.</summary>
/// <param name="Epoch">The epoch.</param>
/// <param name="Primary">The ordinal of the node that was elected in it.</param>
public sealed record EpochDocument(long Epoch, int Primary);
