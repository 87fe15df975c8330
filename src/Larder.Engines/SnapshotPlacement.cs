namespace Larder.Engines;

/// <summary>What makes a node start with a snapshot.</summary>
/// <param name="Snapshot">Where the snapshot goes: an absolute path in the node's data folder.</param>
/// <param name="Files">Files to write beside it, by absolute path.</param>
public sealed record SnapshotPlacement(string Snapshot, IReadOnlyDictionary<string, string> Files);
