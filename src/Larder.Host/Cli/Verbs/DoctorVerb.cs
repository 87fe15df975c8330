using System.CommandLine;
using Larder.Host.Cli.Output;
using Larder.Host.Client;
using Larder.Host.Doctor;

namespace Larder.Host.Cli.Verbs;

/// <summary><c>larder doctor</c>.</summary>
/// <param name="globals">The options that every verb takes.</param>
internal sealed class DoctorVerb(GlobalOptions globals) : Verb("doctor", "Check this host: engines, ports, disk, memory, clock, limits, permissions", globals)
{
    /// <inheritdoc/>
    public override IReadOnlyList<(string Arguments, string Effect)> Examples =>
        [("doctor", "exit code 1 where something is an error"), ("doctor -o json", "for scripts")];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(CliContext context, ParseResult arguments, CancellationToken cancellationToken)
    {
        var report = await DoctorRounds.RunAsync(context, cancellationToken);
        context.Write(report, ClientJson.Human.DoctorReport, () => DoctorText.Write(context.Console, report));
        return report.Healthy ? ExitCodes.Done : ExitCodes.Failed;
    }
}
