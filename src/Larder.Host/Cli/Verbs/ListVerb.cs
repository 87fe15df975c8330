using System.CommandLine;
using Larder.Host.Cli.Output;

namespace Larder.Host.Cli.Verbs;

/// <summary><c>larder list</c>.</summary>
/// <param name="globals">The options that every verb takes.</param>
internal sealed class ListVerb(GlobalOptions globals) : Verb("list", "Show all caches", globals)
{
    /// <inheritdoc/>
    public override IReadOnlyList<(string Arguments, string Effect)> Examples =>
        [("list", "a table"), ("list -o json", "an array, for scripts")];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(CliContext context, ParseResult arguments, CancellationToken cancellationToken)
    {
        using var client = context.Client();
        if (context.Output == OutputFormat.Json)
        {
            context.WriteJson(await client.ListJsonAsync(cancellationToken));
        }
        else
        {
            CacheText.WriteList(context.Console, await client.ListAsync(cancellationToken), context.Command);
        }

        return ExitCodes.Done;
    }
}
