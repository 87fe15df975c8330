using System.CommandLine;
using Larder.Host.Cli.Output;
using Larder.Host.Client;
using Larder.Management.Contracts;
using Larder.Model.Status;

namespace Larder.Host.Cli.Verbs;

/// <summary>
/// <c>larder up [FILE]</c>: reads and checks the file, starts the daemon if none runs, applies the file, waits until the cache is ready and says
/// how to connect. Nothing is started where the file or the home cannot be used.
/// </summary>
internal sealed class UpVerb : Verb
{
    private readonly Argument<string?> _file = new("FILE")
    {
        Description = "A spec file, YAML or JSON; without one, just the caches that there are",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<bool> _detach = new("--detach", "-d") { Description = "Return when everything is ready, also on a terminal" };

    /// <summary>Makes the verb.</summary>
    /// <param name="globals">The options that every verb takes.</param>
    public UpVerb(GlobalOptions globals)
        : base("up", "Start the daemon if none runs, apply FILE, wait until it is ready, and say how to connect", globals)
    {
        Arguments.Add(_file);
        Options.Add(_detach);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Arguments, string Effect)> Examples =>
    [
        ("up examples/development.yaml", "a small cache: one primary, one replica"),
        ("up cache.yaml --detach", "return once it is ready"),
        ("up", "bring back what 'larder down' stopped"),
    ];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(CliContext context, ParseResult arguments, CancellationToken cancellationToken)
    {
        var spec = arguments.GetValue(_file) is { } file ? context.Services.ReadSpec(file) : null;
        context.Services.PrepareHome(context.Home);
        using var client = context.Client();
        var daemon = await new DaemonGate(context.Home, client, context.Services.DaemonStarter(context.Home), context.Clock)
            .EnsureAsync(() => context.Console.Say($"starting the daemon for {context.Home.Root}"), cancellationToken);
        if (spec is null)
        {
            await WaitForAllAsync(context, client, daemon, cancellationToken);
        }
        else
        {
            await ApplyAsync(context, client, spec, cancellationToken);
        }

        if (!arguments.GetValue(_detach) && context.Output == OutputFormat.Table && context.Console is { RichOut: true, CanAsk: true })
        {
            await new StatusView(context, client).RunAsync(spec?.Name, cancellationToken);
        }

        return ExitCodes.Done;
    }

    private static async Task ApplyAsync(CliContext context, ManagementClient client, SpecText spec, CancellationToken cancellationToken)
    {
        var applied = await client.ApplyAsync(spec.Json, acceptEviction: false, cancellationToken);
        foreach (var warning in applied.Plan?.Warnings ?? [])
        {
            context.Console.Say("note: " + warning);
        }

        var follower = new OperationFollower(context, client);
        if (applied.OperationId is { } operationId)
        {
            await follower.FollowAsync("bringing up " + spec.Name, operationId, cancellationToken);
        }

        var cache = await follower.WaitForReadyAsync(spec.Name, cancellationToken);
        if (context.Output == OutputFormat.Json)
        {
            context.WriteJson(await client.ShowJsonAsync(spec.Name, cancellationToken));
        }
        else
        {
            ConnectText.Write(context.Console, cache, context.Command);
        }
    }

    private static async Task WaitForAllAsync(CliContext context, ManagementClient client, InstallationView daemon, CancellationToken cancellationToken)
    {
        var follower = new OperationFollower(context, client);
        // A cache that has failed or goes away does not become ready by waiting; the list shows it.
        foreach (var cache in (await client.ListAsync(cancellationToken)).Where(cache => cache.State is not (CacheState.Failed or CacheState.Deleting)))
        {
            await follower.WaitForReadyAsync(cache.Name, cancellationToken);
        }

        if (context.Output == OutputFormat.Json)
        {
            context.WriteJson(await client.ListJsonAsync(cancellationToken));
        }
        else
        {
            context.Console.WriteLine($"The daemon runs (process {daemon.ProcessId}, home {daemon.Home}).");
            CacheText.WriteList(context.Console, await client.ListAsync(cancellationToken), context.Command);
        }
    }
}
