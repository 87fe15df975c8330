using System.Globalization;
using Larder.Host.Drill;

namespace Larder.Host.Cli.Output;

/// <summary>A drill's report for people.</summary>
internal static class DrillText
{
    /// <summary>Writes it.</summary>
    /// <param name="console">Where to.</param>
    /// <param name="report">The report.</param>
    public static void Write(CliConsole console, DrillReport report)
    {
        var table = new TextTable("seen by clients", "value");
        table.Add("fault", $"{report.Fault} of the primary of shard {Number(report.Shard)}");
        table.Add("outcome", report.Outcome);
        table.Add("load", $"{Number(report.Clients)} clients for {Number(report.Seconds)} s");
        table.Add("writes acknowledged", Number(report.Acknowledged));
        table.Add("errors", report.Errors.IsEmpty ? "none" : string.Join(", ", report.Errors.Select(error => $"{Number(error.Count)} x {error.Kind}")));
        table.Add("writes of unknown fate", Number(report.Uncertain));
        table.Add("longest pause of a client", $"{Number(report.LongestPauseMs)} ms");
        table.Add("first write after the fault", report.FirstWriteMs is { } first ? $"{Number(first)} ms" : "none: nothing was acknowledged after it");
        table.Add("acknowledged writes lost", Number(report.Lost));
        table.Add("writes carried out twice", Number(report.Doubled));
        console.Write(table);
    }

    private static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);
}
