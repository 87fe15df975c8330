namespace Larder.Management.Contracts;

/// <summary>Asks for the data as RDB files.</summary>
/// <param name="Storage">The storage; <c>null</c> with a folder.</param>
/// <param name="Folder">An absolute path on the daemon's host; <c>null</c> with a storage.</param>
/// <param name="Prefix">What the files' paths begin with; <c>null</c>: the cache's name and the time.</param>
public sealed record ExportRequest(string? Storage, string? Folder, string? Prefix);
