using System.Collections.Immutable;
using Larder.Model.Status;

namespace Larder.Management.Contracts;

/// <summary>A cache's backups: the contract of <c>larder backups --output json</c>.</summary>
/// <param name="Cache">The cache's name.</param>
/// <param name="Storage">The storage that was looked in.</param>
/// <param name="Location">Where that is.</param>
/// <param name="Backups">Newest first.</param>
/// <param name="Problems">What lies there and cannot be read; one sentence each.</param>
/// <param name="Schedule">Where the schedule stands, or <c>null</c> where there is none.</param>
public sealed record BackupsView(
    string Cache, string Storage, string Location, ImmutableArray<BackupView> Backups, ImmutableArray<string> Problems, BackupStatus? Schedule);
