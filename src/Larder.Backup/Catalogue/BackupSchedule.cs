namespace Larder.Backup.Catalogue;

/// <summary>When a backup is due. Pure.</summary>
public static class BackupSchedule
{
    /// <summary>The pause after the first failed attempt; doubles with each.</summary>
    public static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(30);

    /// <summary>The longest pause between two attempts, and never longer than the interval.</summary>
    public static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(30);

    /// <summary>When the next attempt is due.</summary>
    /// <param name="since">When the last good backup ended; before the first one, when the cache was ready for the first time.</param>
    /// <param name="interval">The interval.</param>
    /// <param name="failures">Failed attempts since the last good one.</param>
    /// <param name="lastFailure">When the last of them ended, or <c>null</c>.</param>
    /// <returns>The time; may have passed.</returns>
    public static DateTimeOffset Due(DateTimeOffset since, TimeSpan interval, int failures, DateTimeOffset? lastFailure)
    {
        var due = since + interval;
        if (failures == 0 || lastFailure is not { } failed)
        {
            return due;
        }

        var longest = LongestRetry < interval ? LongestRetry : interval;
        var pause = FirstRetry * Math.Pow(2, Math.Min(failures - 1, 20));
        var retry = failed + (pause < longest ? pause : longest);
        return retry > due ? retry : due;
    }

    /// <summary>Whether the newest good backup is older than it may be: twice the interval.</summary>
    /// <param name="since">As in <see cref="Due"/>.</param>
    /// <param name="interval">The interval.</param>
    /// <param name="now">The time now.</param>
    /// <returns>Whether to raise an alarm.</returns>
    public static bool IsOverdue(DateTimeOffset since, TimeSpan interval, DateTimeOffset now) => now - since > interval + interval;
}
