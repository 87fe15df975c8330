namespace Larder.Backup.Snapshots;

/// <summary>A file is no snapshot that can be used.</summary>
/// <param name="message">Which file, what is wrong with it, and where.</param>
public sealed class SnapshotException(string message) : Exception(message);
