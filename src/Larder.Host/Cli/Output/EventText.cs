using System.Collections.Immutable;
using System.Globalization;
using Larder.Management.Contracts;

namespace Larder.Host.Cli.Output;

/// <summary>Events for people.</summary>
internal static class EventText
{
    /// <summary>Events as a table, oldest first; that there are none where there are none.</summary>
    /// <param name="console">Where to write.</param>
    /// <param name="cache">The cache's name.</param>
    /// <param name="events">The events.</param>
    public static void Write(CliConsole console, string cache, ImmutableArray<EventView> events)
    {
        if (events.IsEmpty)
        {
            console.WriteLine($"Nothing has happened to {cache} yet.");
            return;
        }

        var table = new TextTable("time (UTC)", "event", "shard", "node", "epoch", "message");
        foreach (var happened in events)
        {
            table.Add(Time(happened), happened.Kind, Cell.Of(happened.Shard), Cell.Of(happened.Node), Cell.Of(happened.Epoch), happened.Message);
        }

        console.Write(table);
    }

    /// <summary>One event as a line, for a list that grows.</summary>
    /// <param name="happened">The event.</param>
    /// <returns>The line.</returns>
    public static string Line(EventView happened) => $"{Time(happened)}  {happened.Kind,-18}  {happened.Message}";

    private static string Time(EventView happened) => happened.At.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture);
}
