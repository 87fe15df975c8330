using System.CommandLine;
using Larder.Host.Client;

namespace Larder.Host.Cli.Verbs;

/// <summary><c>larder scaling NAME pause|resume</c>.</summary>
internal sealed class ScalingVerb : Verb
{
    private const string Pause = "pause";
    private const string Resume = "resume";

    private readonly Argument<string> _name = CacheName();
    private readonly Argument<string> _what = new("WHAT") { Description = "pause, or resume" };

    /// <summary>Makes the verb.</summary>
    /// <param name="globals">The options that every verb takes.</param>
    public ScalingVerb(GlobalOptions globals)
        : base("scaling", "Pause a change of the number of shards, or let it go on", globals)
    {
        _what.AcceptOnlyFromAmong(Pause, Resume);
        Arguments.Add(_name);
        Arguments.Add(_what);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Arguments, string Effect)> Examples =>
        [("scaling dev pause", "slots on their way arrive; no others leave"), ("scaling dev resume", "goes on, also after a restart")];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(CliContext context, ParseResult arguments, CancellationToken cancellationToken)
    {
        using var client = context.Client();
        var name = arguments.GetRequiredValue(_name);
        var paused = arguments.GetRequiredValue(_what) == Pause;
        var accepted = await client.PauseScalingAsync(name, paused, cancellationToken);
        context.Write(accepted, ClientJson.Human.ApplyView, () => context.Console.WriteLine(
            paused ? $"{name}: moving slots pauses. Go on with: {context.Command} scaling {name} resume" : $"{name}: moving slots goes on."));
        return ExitCodes.Done;
    }
}
