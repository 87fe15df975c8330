using System.CommandLine;
using Larder.Host.Cli.Output;
using Larder.Host.Client;

namespace Larder.Host.Cli.Verbs;

/// <summary><c>larder apply FILE</c>.</summary>
internal sealed class ApplyVerb : Verb
{
    private readonly Argument<string> _file = new("FILE") { Description = "A spec file, YAML or JSON" };
    private readonly Option<bool> _noWait = new("--no-wait") { Description = "Return as soon as the change is accepted" };

    private readonly Option<bool> _acceptEviction = new("--accept-eviction") { Description = "For a smaller size than the data: keys may be evicted until it fits" };

    /// <summary>Makes the verb.</summary>
    /// <param name="globals">The options that every verb takes.</param>
    public ApplyVerb(GlobalOptions globals)
        : base("apply", "Create or change a cache as a file says, and wait until it is ready", globals)
    {
        Arguments.Add(_file);
        Options.Add(_noWait);
        Options.Add(_acceptEviction);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Arguments, string Effect)> Examples =>
        [("apply cache.yaml", "exit code 2 and nothing changed where it is refused"), ("apply cache.yaml --no-wait", "return once it is accepted")];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(CliContext context, ParseResult arguments, CancellationToken cancellationToken)
    {
        var spec = context.Services.ReadSpec(arguments.GetRequiredValue(_file));
        using var client = context.Client();
        var applied = await client.ApplyAsync(spec.Json, arguments.GetValue(_acceptEviction), cancellationToken);
        if (arguments.GetValue(_noWait))
        {
            context.Write(applied, ClientJson.Human.ApplyView, () => context.Console.WriteLine(applied.OperationId is { } id
                ? $"{spec.Name}: accepted as operation {id}. Follow it with: {context.Command} show {spec.Name}"
                : $"{spec.Name}: nothing to change."));
            return ExitCodes.Done;
        }

        var follower = new OperationFollower(context, client);
        if (applied.OperationId is { } operationId)
        {
            await follower.FollowAsync("applying " + spec.Name, operationId, cancellationToken);
        }
        else
        {
            context.Console.Say($"{spec.Name}: nothing to change.");
        }

        var cache = await follower.WaitForReadyAsync(spec.Name, cancellationToken);
        if (context.Output == OutputFormat.Json)
        {
            context.WriteJson(await client.ShowJsonAsync(spec.Name, cancellationToken));
        }
        else
        {
            CacheText.WriteOne(context.Console, cache);
        }

        return ExitCodes.Done;
    }
}
