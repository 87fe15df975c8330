using System.CommandLine;
using System.Text.Json;
using Larder.Host.Cli.Output;
using Larder.Host.Client;

namespace Larder.Host.Cli.Verbs;

/// <summary><c>larder show NAME</c>.</summary>
internal sealed class ShowVerb : Verb
{
    private readonly Argument<string> _name = CacheName();
    private readonly Option<bool> _artifact = new("--artifact")
    {
        Description = "Print the connection artifact for deployment tools, JSON; it holds the primary key",
    };

    /// <summary>Makes the verb.</summary>
    /// <param name="globals">The options that every verb takes.</param>
    public ShowVerb(GlobalOptions globals)
        : base("show", "Show one cache with its nodes", globals)
    {
        Arguments.Add(_name);
        Options.Add(_artifact);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Arguments, string Effect)> Examples =>
        [("show dev", "state, endpoint, nodes"), ("show dev -o json", "everything, for scripts"), ("show dev --artifact", "the connection artifact, with the key")];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(CliContext context, ParseResult arguments, CancellationToken cancellationToken)
    {
        using var client = context.Client();
        var name = arguments.GetRequiredValue(_name);
        if (arguments.GetValue(_artifact))
        {
            var artifact = await client.ArtifactAsync(name, cancellationToken);
            context.Console.Out.WriteLine(JsonSerializer.Serialize(artifact, ClientJson.Human.JsonObject));
            return ExitCodes.Done;
        }

        if (context.Output == OutputFormat.Json)
        {
            context.WriteJson(await client.ShowJsonAsync(name, cancellationToken));
        }
        else
        {
            CacheText.WriteOne(context.Console, await client.ShowAsync(name, cancellationToken));
        }

        return ExitCodes.Done;
    }
}
