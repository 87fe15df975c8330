namespace Larder.Management.Contracts;

/// <summary>Asks for the data of a backup.</summary>
/// <param name="At">The newest backup taken at or before this time; <c>null</c>: the newest.</param>
/// <param name="Storage">Where to look; <c>null</c>: the cache's own storage.</param>
/// <param name="From">The cache whose backup it is; <c>null</c>: the same.</param>
/// <param name="Into">A new cache to make and to restore into; <c>null</c>: the cache itself.</param>
/// <param name="Replace">Whether keys that the cache holds may be replaced.</param>
/// <param name="DropOtherDatabases">Leaves out the keys of other databases than 0. For clustered caches, which have no others; without it, such keys are refused.</param>
public sealed record RestoreRequest(DateTimeOffset? At, string? Storage, string? From, string? Into, bool Replace, bool DropOtherDatabases = false);
