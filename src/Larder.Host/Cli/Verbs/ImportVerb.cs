using System.CommandLine;
using Larder.Host.Client;
using Larder.Management.Contracts;

namespace Larder.Host.Cli.Verbs;

/// <summary><c>larder import NAME FILE…</c>.</summary>
internal sealed class ImportVerb : Verb
{
    private readonly Argument<string> _name = CacheName();
    private readonly Argument<string[]> _files = new("FILE") { Description = "RDB files, by their paths in the storage or folder", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string?> _storage = new("--storage") { Description = "The storage to read from; left out: local", HelpName = "NAME" };
    private readonly Option<string?> _folder = new("--folder") { Description = "A folder of the daemon's host instead, by its absolute path", HelpName = "DIR" };
    private readonly Option<string?> _prefix = new("--prefix") { Description = "All files whose paths begin with it and end with .rdb", HelpName = "TEXT" };
    private readonly Option<bool> _dropOthers = new("--drop-other-databases")
    {
        Description = "Of a clustered cache: leave out the keys of other databases than 0, which it does not have; else they are refused",
    };

    private readonly Option<bool> _yes = new("--yes", "-y") { Description = "Do not ask" };

    /// <summary>Makes the verb.</summary>
    /// <param name="globals">The options that every verb takes.</param>
    public ImportVerb(GlobalOptions globals)
        : base("import", "Replace a cache's data by that of RDB files; what it holds stays until the new data is loaded and in sync", globals)
    {
        Arguments.Add(_name);
        Arguments.Add(_files);
        foreach (var option in (Option[])[_storage, _folder, _prefix, _dropOthers, _yes])
        {
            Options.Add(option);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Arguments, string Effect)> Examples =>
    [
        ("import dev dump.rdb --folder /tmp/in", "asks for the name again"),
        ("import dev --storage cold --prefix dev-20261127T120000Z/ --yes", "all files of an export"),
    ];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(CliContext context, ParseResult arguments, CancellationToken cancellationToken)
    {
        using var client = context.Client();
        var cache = await client.ShowAsync(arguments.GetRequiredValue(_name), cancellationToken);
        if (!arguments.GetValue(_yes))
        {
            Confirmation.Require(context, cache.Name, $"This replaces all data of {cache.Name}.", $"import {cache.Name} …");
        }

        var request = new ImportRequest(
            arguments.GetValue(_storage), arguments.GetValue(_folder), [.. arguments.GetValue(_files) ?? []], arguments.GetValue(_prefix),
            arguments.GetValue(_dropOthers));
        var accepted = await client.ImportAsync(cache.Name, request, cancellationToken);
        var ended = await new OperationFollower(context, client).FollowAsync("import into " + cache.Name, accepted.OperationId!, cancellationToken);
        context.Write(ended, ClientJson.Human.OperationDocument, () => context.Console.WriteLine($"{ended.Cache}: imported: {ended.Phase}."));
        return ExitCodes.Done;
    }
}
