using System.CommandLine;
using System.Globalization;
using Larder.Host.Cli.Output;

namespace Larder.Host.Cli.Verbs;

/// <summary><c>larder top [NAME]</c>.</summary>
internal sealed class TopVerb : Verb
{
    private readonly Argument<string?> _name = new("NAME") { Description = "The cache's name; all caches without it", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<double> _interval = new("--interval")
    {
        Description = "Seconds between two looks, from 0.1 to 3600",
        HelpName = "SECONDS",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<int?> _count = new("--count") { Description = "End after N looks; without it, at Ctrl-C", HelpName = "N" };

    /// <summary>Makes the verb.</summary>
    /// <param name="globals">The options that every verb takes.</param>
    public TopVerb(GlobalOptions globals)
        : base("top", "Watch what caches do: slots, primaries, commands a second, memory, replicas", globals)
    {
        Arguments.Add(_name);
        Options.Add(_interval);
        Options.Add(_count);
        _interval.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }]
                && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds is not (>= 0.1 and <= 3600))
            {
                result.AddError($"--interval is {text}; it must be from 0.1 to 3600 seconds.");
            }
        });
        _count.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var count) && count < 1)
            {
                result.AddError($"--count is {text}; it must be 1 or more.");
            }
        });
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Arguments, string Effect)> Examples =>
    [
        ("top", "all caches, every second, until Ctrl-C"), ("top dev", "one cache with its nodes"),
        ("top dev --interval 5 --count 12 -o json", "a minute of it as JSON, a line for each look"),
    ];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(CliContext context, ParseResult arguments, CancellationToken cancellationToken)
    {
        using var client = context.Client();
        var interval = TimeSpan.FromSeconds(arguments.GetValue(_interval));
        await new TopView(context, client, arguments.GetValue(_name), interval, arguments.GetValue(_count)).RunAsync(cancellationToken);
        return ExitCodes.Done;
    }
}
