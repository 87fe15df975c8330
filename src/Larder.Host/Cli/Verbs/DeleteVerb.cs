using System.CommandLine;
using Larder.Host.Client;

namespace Larder.Host.Cli.Verbs;

/// <summary><c>larder delete NAME</c>.</summary>
internal sealed class DeleteVerb : Verb
{
    private readonly Argument<string> _name = CacheName();
    private readonly Option<bool> _yes = new("--yes", "-y") { Description = "Do not ask" };

    /// <summary>Makes the verb.</summary>
    /// <param name="globals">The options that every verb takes.</param>
    public DeleteVerb(GlobalOptions globals)
        : base("delete", "Delete a cache and all its data", globals)
    {
        Arguments.Add(_name);
        Options.Add(_yes);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Arguments, string Effect)> Examples =>
        [("delete dev", "asks for the name again"), ("delete dev --yes", "does not ask, for scripts")];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(CliContext context, ParseResult arguments, CancellationToken cancellationToken)
    {
        using var client = context.Client();
        var cache = await client.ShowAsync(arguments.GetRequiredValue(_name), cancellationToken);
        if (!arguments.GetValue(_yes))
        {
            Confirmation.Require(context, cache.Name, $"This deletes {cache.Name} and all its data.", $"delete {cache.Name}");
        }

        var accepted = await client.DeleteAsync(cache.Name, cancellationToken);
        if (accepted.OperationId is { } operationId)
        {
            await new OperationFollower(context, client).FollowAsync("deleting " + cache.Name, operationId, cancellationToken);
        }

        context.Write(accepted, ClientJson.Human.ApplyView, () => context.Console.WriteLine($"{cache.Name} and its data are gone."));
        return ExitCodes.Done;
    }
}
