using Larder.Backup.Catalogue;

namespace Larder.Controller.Backups;

/// <summary>What came of an attempt to take a backup.</summary>
/// <param name="Backup">The backup, or <c>null</c>.</param>
/// <param name="Problem">Why there is none; empty where there is one.</param>
internal sealed record BackupResult(BackupManifest? Backup, string Problem);
