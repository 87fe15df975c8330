using System.Collections.Immutable;

namespace Larder.Backup.Catalogue;

/// <summary>What lies in a storage for a cache.</summary>
/// <param name="Backups">The complete backups, newest first.</param>
/// <param name="Problems">One sentence for each thing that cannot be read.</param>
public sealed record BackupListing(ImmutableArray<BackupManifest> Backups, ImmutableArray<string> Problems);
