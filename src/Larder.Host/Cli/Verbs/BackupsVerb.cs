using System.CommandLine;
using Larder.Host.Cli.Output;
using Larder.Host.Client;

namespace Larder.Host.Cli.Verbs;

/// <summary><c>larder backups NAME</c>.</summary>
internal sealed class BackupsVerb : Verb
{
    private readonly Argument<string> _name = CacheName();
    private readonly Option<string?> _storage = new("--storage") { Description = "Look in this storage instead of the one that the spec names", HelpName = "NAME" };

    /// <summary>Makes the verb.</summary>
    /// <param name="globals">The options that every verb takes.</param>
    public BackupsVerb(GlobalOptions globals)
        : base("backups", "Show a cache's backups, newest first", globals)
    {
        Arguments.Add(_name);
        Options.Add(_storage);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Arguments, string Effect)> Examples =>
        [("backups dev", "when they were taken, and whether they are on time"), ("backups lost --storage cold", "also of a cache that is not there any more")];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(CliContext context, ParseResult arguments, CancellationToken cancellationToken)
    {
        using var client = context.Client();
        var backups = await client.BackupsAsync(arguments.GetRequiredValue(_name), arguments.GetValue(_storage), cancellationToken);
        context.Write(backups, ClientJson.Human.BackupsView, () => BackupsText.Write(context.Console, backups, context.Command));
        return ExitCodes.Done;
    }
}
