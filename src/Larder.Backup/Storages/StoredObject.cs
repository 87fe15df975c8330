namespace Larder.Backup.Storages;

/// <summary>An object in a storage.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Size">Its size as stored, in bytes.</param>
public sealed record StoredObject(string Path, long Size);
