using Larder.Host.Doctor;

namespace Larder.Host.Cli.Output;

/// <summary>The doctor's findings for people.</summary>
internal static class DoctorText
{
    /// <summary>Writes them.</summary>
    /// <param name="console">Where to write.</param>
    /// <param name="report">The findings.</param>
    public static void Write(CliConsole console, DoctorReport report)
    {
        var table = new TextTable("check", "result", "finding");
        foreach (var finding in report.Findings)
        {
            table.Add(finding.Check, Cell.Of(finding.Level), finding.Message);
        }

        console.Write(table);
        var advised = report.Findings.Where(finding => finding.Advice.Length > 0).ToList();
        if (advised.Count > 0)
        {
            console.WriteLine();
            console.WriteLine("What to do:");
            foreach (var finding in advised)
            {
                console.WriteLine($"  {finding.Check}: {finding.Advice}");
            }
        }
    }
}
