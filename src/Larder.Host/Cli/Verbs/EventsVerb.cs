using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Larder.Host.Cli.Output;
using Larder.Host.Client;
using Larder.Management.Contracts;

namespace Larder.Host.Cli.Verbs;

/// <summary><c>larder events NAME</c>.</summary>
internal sealed class EventsVerb : Verb
{
    private readonly Argument<string> _name = CacheName();
    private readonly Option<bool> _follow = new("--follow", "-f") { Description = "Go on with what happens from now on, until interrupted" };
    private readonly Option<int?> _last = new("--last") { Description = "Only the newest N of those that are kept", HelpName = "N" };

    /// <summary>Makes the verb.</summary>
    /// <param name="globals">The options that every verb takes.</param>
    public EventsVerb(GlobalOptions globals)
        : base("events", "Show what happened to a cache: failovers, restarts, what was set aside, replaced keys", globals)
    {
        Arguments.Add(_name);
        Options.Add(_follow);
        Options.Add(_last);
        _last.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var number }] && int.TryParse(number, CultureInfo.InvariantCulture, out var last) && last < 1)
            {
                result.AddError("--last must be 1 or more.");
            }
        });
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Arguments, string Effect)> Examples =>
    [
        ("events dev", "oldest first"), ("events dev --last 10 --follow", "the newest ten, then each as it happens"),
        ("events dev --follow -o json", "one JSON object a line, for scripts"),
    ];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(CliContext context, ParseResult arguments, CancellationToken cancellationToken)
    {
        using var client = context.Client();
        var name = arguments.GetRequiredValue(_name);
        var events = await client.EventsAsync(name, 0, cancellationToken);
        var shown = arguments.GetValue(_last) is { } last ? [.. events.TakeLast(last)] : events;
        if (!arguments.GetValue(_follow))
        {
            context.Write(shown, ClientJson.Human.ImmutableArrayEventView, () => EventText.Write(context.Console, name, shown));
            return ExitCodes.Done;
        }

        foreach (var happened in shown)
        {
            Write(context, happened);
        }

        await foreach (var happened in client.FollowEventsAsync(name, events.IsEmpty ? 0 : events[^1].Sequence, cancellationToken))
        {
            Write(context, happened);
        }

        context.Console.Say($"No more events of {name}: it was deleted, or the daemon was stopped.");
        return ExitCodes.Done;
    }

    private static void Write(CliContext context, EventView happened)
    {
        context.Console.Out.WriteLine(context.Output == OutputFormat.Json
            ? JsonSerializer.Serialize(happened, ClientJson.Default.EventView)
            : CliConsole.Printable(EventText.Line(happened)));
        context.Console.Out.Flush();
    }
}
