using System.CommandLine;
using Larder.Host.Cli.Output;
using Larder.Host.Client;

namespace Larder.Host.Cli.Verbs;

/// <summary><c>larder plan FILE</c>.</summary>
internal sealed class PlanVerb : Verb
{
    private readonly Argument<string> _file = new("FILE") { Description = "A spec file, YAML or JSON" };

    /// <summary>Makes the verb.</summary>
    /// <param name="globals">The options that every verb takes.</param>
    public PlanVerb(GlobalOptions globals)
        : base("plan", "Show what applying a file would change, and what would be refused; changes nothing", globals) =>
        Arguments.Add(_file);

    /// <inheritdoc/>
    public override IReadOnlyList<(string Arguments, string Effect)> Examples =>
        [("plan cache.yaml", "exit code 2 where something is refused"), ("plan cache.yaml -o json", "for scripts")];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(CliContext context, ParseResult arguments, CancellationToken cancellationToken)
    {
        var spec = context.Services.ReadSpec(arguments.GetRequiredValue(_file));
        using var client = context.Client();
        var plan = await client.PlanAsync(spec.Json, cancellationToken);
        context.Write(plan, ClientJson.Human.PlanView, () => PlanText.Write(context.Console, plan));
        return plan.Refusals.IsEmpty ? ExitCodes.Done : ExitCodes.Refused;
    }
}
