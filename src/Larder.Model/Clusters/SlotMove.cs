namespace Larder.Model.Clusters;

/// <summary>A hash slot that changes its shard.</summary>
/// <param name="Slot">0..16383.</param>
/// <param name="From">The shard that has it.</param>
/// <param name="To">The shard that gets it.</param>
public readonly record struct SlotMove(int Slot, int From, int To);
