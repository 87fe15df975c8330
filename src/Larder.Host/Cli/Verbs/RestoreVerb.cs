using System.CommandLine;
using System.Globalization;
using Larder.Host.Client;
using Larder.Management.Contracts;

namespace Larder.Host.Cli.Verbs;

/// <summary><c>larder restore NAME</c>.</summary>
internal sealed class RestoreVerb : Verb
{
    private readonly Argument<string> _name = CacheName();
    private readonly Option<string?> _at = new("--at") { Description = "The newest backup taken at or before this time, such as 2026-11-27T12:00:00Z", HelpName = "TIME" };
    private readonly Option<string?> _from = new("--from") { Description = "The cache whose backup it is; left out: the same", HelpName = "NAME" };
    private readonly Option<string?> _into = new("--into") { Description = "Make a new cache like this one, and restore into that", HelpName = "NEW" };
    private readonly Option<string?> _storage = new("--storage") { Description = "Look in this storage instead of the one that the spec names", HelpName = "NAME" };
    private readonly Option<bool> _replace = new("--replace") { Description = "Replace the keys that the cache holds; without it, only an empty cache is restored" };
    private readonly Option<bool> _dropOthers = new("--drop-other-databases")
    {
        Description = "Of a clustered cache: leave out the keys of other databases than 0, which it does not have; else they are refused",
    };

    private readonly Option<bool> _yes = new("--yes", "-y") { Description = "With --replace: do not ask" };

    /// <summary>Makes the verb.</summary>
    /// <param name="globals">The options that every verb takes.</param>
    public RestoreVerb(GlobalOptions globals)
        : base("restore", "Bring the data of a backup back", globals)
    {
        Arguments.Add(_name);
        foreach (var option in (Option[])[_at, _from, _into, _storage, _replace, _dropOthers, _yes])
        {
            Options.Add(option);
        }

        _at.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && !TryTime(text, out _))
            {
                result.AddError($"--at is '{text}'; it must be a time such as 2026-11-27T12:00:00Z. Without an offset it is UTC.");
            }
        });
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Arguments, string Effect)> Examples =>
    [
        ("restore dev", "the newest backup, into a cache that has lost its data"),
        ("restore dev --at 2026-11-27T12:00:00Z --into dev-noon", "an older state beside the cache"),
        ("restore dev --replace --yes", "gives up what the cache holds now"),
    ];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(CliContext context, ParseResult arguments, CancellationToken cancellationToken)
    {
        using var client = context.Client();
        var cache = await client.ShowAsync(arguments.GetRequiredValue(_name), cancellationToken);
        var into = arguments.GetValue(_into);
        var replace = arguments.GetValue(_replace);
        if (replace && into is null && !arguments.GetValue(_yes))
        {
            Confirmation.Require(context, cache.Name, $"This replaces all data of {cache.Name} by that of a backup.", $"restore {cache.Name} --replace");
        }

        DateTimeOffset? at = arguments.GetValue(_at) is { } text && TryTime(text, out var time) ? time : null;
        var request = new RestoreRequest(at, arguments.GetValue(_storage), arguments.GetValue(_from), into, replace, arguments.GetValue(_dropOthers));
        var accepted = await client.RestoreAsync(cache.Name, request, cancellationToken);
        var ended = await new OperationFollower(context, client).FollowAsync("restore of " + (into ?? cache.Name), accepted.OperationId!, cancellationToken);
        context.Write(ended, ClientJson.Human.OperationDocument, () => context.Console.WriteLine($"{ended.Cache}: restored: {ended.Phase}."));
        return ExitCodes.Done;
    }

    private static bool TryTime(string text, out DateTimeOffset time) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
}
