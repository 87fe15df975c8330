using System.CommandLine;
using Larder.Host.Cli.Output;
using Larder.Host.Client;

namespace Larder.Host.Cli.Verbs;

/// <summary><c>larder engines</c>.</summary>
/// <param name="globals">The options that every verb takes.</param>
internal sealed class EnginesVerb(GlobalOptions globals) : Verb("engines", "Show the engines that this host can run", globals)
{
    /// <inheritdoc/>
    public override IReadOnlyList<(string Arguments, string Effect)> Examples =>
        [("engines", "on PATH, in the home's engines folder, in /opt/larder/engines, and the embedded one"), ("engines -o json", "for scripts")];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(CliContext context, ParseResult arguments, CancellationToken cancellationToken)
    {
        using var client = context.Client();
        // A daemon may have another PATH than this shell: where one runs, what it sees is what counts.
        var engines = await client.TryDescribeAsync(cancellationToken) is null
            ? await context.Services.FindEngines(context.Home, cancellationToken)
            : await client.EnginesAsync(cancellationToken);
        context.Write(engines, ClientJson.Human.EnginesView, () => EnginesText.Write(context.Console, engines));
        return ExitCodes.Done;
    }
}
