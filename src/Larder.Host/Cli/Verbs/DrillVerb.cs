using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Larder.Host.Cli.Output;
using Larder.Host.Client;
using Larder.Host.Drill;
using Larder.Management.Contracts;

namespace Larder.Host.Cli.Verbs;

/// <summary><c>larder drill NAME</c>.</summary>
internal sealed class DrillVerb : Verb
{
    private static readonly string[] Faults = ["kill", "hang", "handover"];

    private readonly Argument<string> _name = CacheName();
    private readonly Option<int?> _shard = new("--shard") { Description = "The shard; needed where there is more than one", HelpName = "N" };
    private readonly Option<string> _fault = new("--fault")
    {
        Description = "What happens to the primary: its process is killed, is stopped, or hands over",
        HelpName = "kill|hang|handover",
        DefaultValueFactory = _ => "kill",
    };

    private readonly Option<int> _seconds = new("--seconds")
    {
        Description = "How long clients go on after the fault (1 to 300)",
        HelpName = "N",
        DefaultValueFactory = _ => 5,
    };

    private readonly Option<bool> _yes = new("--yes", "-y") { Description = "Do not ask, on a cache of the production preset either" };

    /// <summary>Makes the verb.</summary>
    /// <param name="globals">The options that every verb takes.</param>
    public DrillVerb(GlobalOptions globals)
        : base("drill", "Run a failure on purpose under a small load, and tell what clients saw of it", globals)
    {
        Arguments.Add(_name);
        Options.Add(_fault);
        Options.Add(_seconds);
        Options.Add(_shard);
        Options.Add(_yes);
        _fault.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var word }] && !Faults.Contains(word))
            {
                result.AddError($"--fault is '{word}'; it must be kill, hang or handover.");
            }
        });
        _seconds.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var word }] && int.TryParse(word, CultureInfo.InvariantCulture, out var seconds) && seconds is < 1 or > 300)
            {
                result.AddError($"--seconds is {word}; it must be 1 to 300.");
            }
        });
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Arguments, string Effect)> Examples =>
    [
        ("drill dev", "kills the primary's process"), ("drill dev --fault hang --seconds 10", "stops it, and watches for ten seconds"),
        ("drill dev --fault handover -o json", "a planned change, for scripts"),
    ];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(CliContext context, ParseResult arguments, CancellationToken cancellationToken)
    {
        using var client = context.Client();
        var json = await client.ShowJsonAsync(arguments.GetRequiredValue(_name), cancellationToken);
        var cache = await client.ShowAsync(arguments.GetRequiredValue(_name), cancellationToken);
        var (fault, shard) = (arguments.GetRequiredValue(_fault), arguments.GetValue(_shard));
        var confirmed = arguments.GetValue(_yes);
        if (!confirmed && IsProduction(json))
        {
            Confirmation.Require(
                context, cache.Name, $"{cache.Name} is a production cache, and this drill is a real failure: {Effect(fault)}.", $"drill {cache.Name} --fault {fault}");
            confirmed = true;
        }

        var request = new DrillRequest(shard, fault, confirmed);
        await client.CheckDrillAsync(cache.Name, request, cancellationToken);
        var events = await client.EventsAsync(cache.Name, 0, cancellationToken);
        var known = events.IsEmpty ? 0 : events[^1].Sequence;
        var keys = await client.KeysAsync(cache.Name, null, cancellationToken);
        var endpoint = new DrillEndpoint(cache.Endpoint.Host, cache.Endpoint.TlsPort, cache.Endpoint.ServerName, cache.Endpoint.CaFile, keys.Primary);
        DrillReport seen;
        try
        {
            seen = await new DrillRun(endpoint, context.Clock).RunAsync(
                TimeSpan.FromSeconds(arguments.GetValue(_seconds)),
                async stop => (await new OperationFollower(context, client).FollowAsync(
                    $"drill of {cache.Name}", (await client.DrillAsync(cache.Name, request, stop)).OperationId!, stop)).Phase,
                async () => (await client.EventsAsync(cache.Name, known, cancellationToken)).FirstOrDefault(happened => happened.Kind == "FaultInjected")?.At,
                cancellationToken);
        }
        catch (Exception exception) when (DrillClient.IsExpected(exception))
        {
            throw CliException.Failed(
                "drill_broken_off", $"The drill of {cache.Name} was broken off, since its clients could not use the cache ({endpoint}): {exception.Message}. See: {context.Command} show {cache.Name}");
        }

        var report = seen with { Cache = cache.Name, Shard = shard ?? 0, Fault = fault };
        context.Write(report, ClientJson.Human.DrillReport, () => DrillText.Write(context.Console, report));
        return report.FirstWriteMs is null ? ExitCodes.Failed : ExitCodes.Done;
    }

    private static bool IsProduction(JsonElement cache) =>
        cache.TryGetProperty("spec", out var spec) && spec.TryGetProperty("preset", out var preset) && preset.ValueKind == JsonValueKind.String && preset.GetString() == "production";

    private static string Effect(string fault) => fault switch
    {
        "handover" => "the primary hands over, clients see one slow reply",
        "hang" => "the primary's process is stopped, what it has not replicated is lost",
        _ => "the primary's process is killed, what it has not replicated is lost",
    };
}
