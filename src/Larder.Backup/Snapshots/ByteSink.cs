namespace Larder.Backup.Snapshots;

/// <summary>Takes bytes that are read.</summary>
/// <param name="bytes">Valid during the call only.</param>
internal delegate void ByteSink(ReadOnlySpan<byte> bytes);
