using System.CommandLine;
using Larder.Host.Client;

namespace Larder.Host.Cli.Verbs;

/// <summary><c>larder keys NAME</c>.</summary>
internal sealed class KeysVerb : Verb
{
    private readonly Argument<string> _name = CacheName();
    private readonly Option<bool> _primary = new("--primary") { Description = "Print the primary key and nothing else" };
    private readonly Option<bool> _secondary = new("--secondary") { Description = "Print the secondary key and nothing else" };

    private readonly Option<string?> _user = new("--user") { Description = "The keys of another user than default", HelpName = "USER" };

    /// <summary>Makes the verb.</summary>
    /// <param name="globals">The options that every verb takes.</param>
    public KeysVerb(GlobalOptions globals)
        : base("keys", "Print a cache's access keys", globals)
    {
        Arguments.Add(_name);
        Options.Add(_primary);
        Options.Add(_secondary);
        Options.Add(_user);
        Validators.Add(result =>
        {
            if (result.GetValue(_primary) && result.GetValue(_secondary))
            {
                result.AddError("--primary and --secondary exclude each other; without either, both keys are printed.");
            }
        });
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Arguments, string Effect)> Examples =>
    [
        ("keys dev", "both keys"),
        ("keys dev -o json", "{\"primary\": …, \"secondary\": …}"),
        ("keys dev --primary", "one key, for $(…) in a shell"),
        ("keys dev --user app", "the keys of a user of the section access"),
    ];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(CliContext context, ParseResult arguments, CancellationToken cancellationToken)
    {
        using var client = context.Client();
        var keys = await client.KeysAsync(arguments.GetRequiredValue(_name), arguments.GetValue(_user), cancellationToken);
        if (arguments.GetValue(_primary) || arguments.GetValue(_secondary))
        {
            context.Console.Out.WriteLine(arguments.GetValue(_primary) ? keys.Primary : keys.Secondary);
            return ExitCodes.Done;
        }

        context.Write(keys, ClientJson.Human.KeysView, () =>
        {
            context.Console.WriteLine($"primary    {keys.Primary}");
            context.Console.WriteLine($"secondary  {keys.Secondary}");
        });
        return ExitCodes.Done;
    }
}
