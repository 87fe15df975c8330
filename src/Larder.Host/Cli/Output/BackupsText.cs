using System.Globalization;
using Larder.Management.Contracts;
using Larder.Model.Status;

namespace Larder.Host.Cli.Output;

/// <summary>Backups for people.</summary>
internal static class BackupsText
{
    /// <summary>Backups as a table, newest first, and where the schedule stands; that there are none where there are none.</summary>
    /// <param name="console">Where to write.</param>
    /// <param name="view">The backups.</param>
    /// <param name="command">How this installation's larder is called.</param>
    public static void Write(CliConsole console, BackupsView view, string command)
    {
        if (view.Backups.IsEmpty)
        {
            console.WriteLine($"There are no backups of {view.Cache} in storage '{view.Storage}' ({view.Location}) yet. Take one: {command} backup {view.Cache}");
        }
        else
        {
            var table = new TextTable("taken (UTC)", "id", "keys", "size", "engine", "rdb", "checked", "of");
            foreach (var backup in view.Backups)
            {
                table.Add(
                    Time(backup.TakenAt), backup.Id, Cell.Of(backup.Keys), Sizes.Of(backup.Bytes), backup.Engine, Cell.Of(backup.RdbVersion),
                    backup.TrialLoaded ? "checksum, tool, load" : "checksum, tool", backup.Own ? "this cache" : "another of the name");
            }

            console.Write(table);
        }

        foreach (var problem in view.Problems)
        {
            console.WriteLine(problem);
        }

        if (view.Schedule is { NextDueAt: { } due } schedule)
        {
            console.WriteLine(schedule.Overdue
                ? $"The newest good backup is older than twice the interval{(schedule.Problem.Length > 0 ? $": {schedule.Problem}" : ".")}"
                : $"The next one is due at {Time(due)}{(schedule.Failures > 0 ? $"; the last {schedule.Failures} failed: {schedule.Problem}" : ".")}");
        }
    }

    /// <summary>Where a cache's backups stand, in one line.</summary>
    /// <param name="backup">Where they stand.</param>
    /// <returns>The line.</returns>
    public static string Summary(BackupStatus backup)
    {
        var last = backup.LastGoodAt is { } at
            ? string.Create(CultureInfo.InvariantCulture, $"last at {Time(at)} UTC, {Sizes.Of(backup.LastBytes)} in {backup.LastSeconds:0.0} s")
            : "none yet";
        var next = backup.NextDueAt is { } due ? $"; next at {Time(due)} UTC" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{last}{next}; {backup.Completed} good, {backup.FailedInAll} failed, in storage {backup.Storage}");
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
