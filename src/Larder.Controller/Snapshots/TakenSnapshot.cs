namespace Larder.Controller.Snapshots;

/// <summary>A snapshot of a shard on this host.</summary>
/// <param name="Source">The node that it was taken on.</param>
/// <param name="Path">The file; whoever asked for it deletes it.</param>
/// <param name="TakenAt">What was acknowledged before is in it.</param>
/// <param name="Keys">Keys that the node had when it was begun.</param>
internal sealed record TakenSnapshot(SnapshotSource Source, string Path, DateTimeOffset TakenAt, long Keys);
