namespace Larder.Model.Status;

/// <summary>Where a cache's backups stand.</summary>
/// <param name="Storage">The storage that they go to.</param>
/// <param name="LastGoodAt">When the last good one ended, or <c>null</c>.</param>
/// <param name="LastGoodId">Its id, or <c>null</c>.</param>
/// <param name="NextDueAt">When the next one is due, or <c>null</c> where none are taken at an interval.</param>
/// <param name="Overdue">Whether the newest good one is older than twice the interval.</param>
/// <param name="Failures">Failed attempts since the last good one.</param>
/// <param name="Problem">Why the last of them failed; empty where none did.</param>
public sealed record BackupStatus(
    string Storage, DateTimeOffset? LastGoodAt, string? LastGoodId, DateTimeOffset? NextDueAt, bool Overdue, int Failures, string Problem)
{
    /// <summary>Good backups since the cache was made. Only grows.</summary>
    public long Completed { get; init; }

    /// <summary>Failed attempts since the cache was made. Only grows.</summary>
    public long FailedInAll { get; init; }

    /// <summary>The size of the last good one before encryption, bytes; 0 before the first.</summary>
    public long LastBytes { get; init; }

    /// <summary>How long it took from the snapshot's beginning until it was checked in its storage, seconds; 0 before the first.</summary>
    public double LastSeconds { get; init; }
}
