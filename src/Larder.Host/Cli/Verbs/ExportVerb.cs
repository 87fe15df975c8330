using System.CommandLine;
using Larder.Host.Client;
using Larder.Management.Contracts;

namespace Larder.Host.Cli.Verbs;

/// <summary><c>larder export NAME</c>.</summary>
internal sealed class ExportVerb : Verb
{
    private readonly Argument<string> _name = CacheName();
    private readonly Option<string?> _storage = new("--storage") { Description = "The storage to write to; left out: local", HelpName = "NAME" };
    private readonly Option<string?> _folder = new("--folder") { Description = "A folder of the daemon's host instead, by its absolute path", HelpName = "DIR" };
    private readonly Option<string?> _prefix = new("--prefix") { Description = "What the files' paths begin with; left out: the name and the time", HelpName = "TEXT" };

    /// <summary>Makes the verb.</summary>
    /// <param name="globals">The options that every verb takes.</param>
    public ExportVerb(GlobalOptions globals)
        : base("export", "Write a cache's data to RDB files, one a shard; clients notice nothing", globals)
    {
        Arguments.Add(_name);
        Options.Add(_storage);
        Options.Add(_folder);
        Options.Add(_prefix);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Arguments, string Effect)> Examples =>
        [("export dev --folder /tmp/out --prefix dev-", "/tmp/out/dev-shard-0000.rdb"), ("export dev --storage cold", "to a storage of larder.json")];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(CliContext context, ParseResult arguments, CancellationToken cancellationToken)
    {
        using var client = context.Client();
        var name = arguments.GetRequiredValue(_name);
        var request = new ExportRequest(arguments.GetValue(_storage), arguments.GetValue(_folder), arguments.GetValue(_prefix));
        var accepted = await client.ExportAsync(name, request, cancellationToken);
        var ended = await new OperationFollower(context, client).FollowAsync("export of " + name, accepted.OperationId!, cancellationToken);
        context.Write(ended, ClientJson.Human.OperationDocument, () => context.Console.WriteLine($"{ended.Cache}: {ended.Phase}."));
        return ExitCodes.Done;
    }
}
