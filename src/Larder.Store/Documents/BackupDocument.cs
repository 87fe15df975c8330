namespace Larder.Store.Documents;

/// <summary>Where the schedule of a cache's backups stands. Written when one ends, well or badly.</summary>
public sealed record BackupDocument
{
    /// <summary>When the last good backup ended; the next interval counts from here. <c>null</c> before the first one.</summary>
    public DateTimeOffset? LastGoodAt { get; init; }

    /// <summary>Its id, or <c>null</c>.</summary>
    public string? LastGoodId { get; init; }

    /// <summary>Good backups so far.</summary>
    public long Count { get; init; }

    /// <summary>Failed attempts so far.</summary>
    public long FailedInAll { get; init; }

    /// <summary>The size of the last good backup before encryption, bytes.</summary>
    public long LastBytes { get; init; }

    /// <summary>How long the last good backup took, seconds.</summary>
    public double LastSeconds { get; init; }

    /// <summary>Failed attempts since the last good one.</summary>
    public int Failures { get; init; }

    /// <summary>When the last of them ended, or <c>null</c>.</summary>
    public DateTimeOffset? LastFailureAt { get; init; }

    /// <summary>Why it failed; empty where none did.</summary>
    public string Problem { get; init; } = "";

    /// <summary>Whether it was told that the newest good backup is too old.</summary>
    public bool OverdueTold { get; init; }
}
