using Larder.Model.Status;

namespace Larder.Controller.Backups;

/// <summary>Says that backups are too old.</summary>
internal static class BackupAlarm
{
    /// <summary>The sentence.</summary>
    /// <param name="cache">The cache's name.</param>
    /// <param name="backup">Where its backups stand; overdue.</param>
    /// <returns>What is wrong, and where to look.</returns>
    public static string Of(string cache, BackupStatus backup) =>
        (backup.LastGoodAt is { } last ? $"The newest good backup of {cache} ended at {last:u}, more than twice the interval ago" : $"There is no good backup of {cache} yet, after more than twice the interval")
        + (backup.Problem.Length > 0 ? $": {backup.Problem}" : $". See: larder events {cache}");
}
