using System.CommandLine;
using Larder.Host.Client;

namespace Larder.Host.Cli.Verbs;

/// <summary><c>larder backup NAME</c>.</summary>
internal sealed class BackupVerb : Verb
{
    private readonly Argument<string> _name = CacheName();

    /// <summary>Makes the verb.</summary>
    /// <param name="globals">The options that every verb takes.</param>
    public BackupVerb(GlobalOptions globals)
        : base("backup", "Take a backup of a cache now, whatever its persistence; clients notice nothing", globals) => Arguments.Add(_name);

    /// <inheritdoc/>
    public override IReadOnlyList<(string Arguments, string Effect)> Examples => [("backup dev", "to the storage that the spec names; see: backups dev")];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(CliContext context, ParseResult arguments, CancellationToken cancellationToken)
    {
        using var client = context.Client();
        var name = arguments.GetRequiredValue(_name);
        var accepted = await client.BackUpAsync(name, cancellationToken);
        var ended = await new OperationFollower(context, client).FollowAsync("backup of " + name, accepted.OperationId!, cancellationToken);
        context.Write(ended, ClientJson.Human.OperationDocument, () => context.Console.WriteLine($"{ended.Cache}: {ended.Phase}."));
        return ExitCodes.Done;
    }
}
