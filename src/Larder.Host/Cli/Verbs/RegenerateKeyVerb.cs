using System.CommandLine;
using Larder.Host.Client;
using Larder.Management.Contracts;

namespace Larder.Host.Cli.Verbs;

/// <summary><c>larder regenerate-key NAME primary|secondary</c>.</summary>
internal sealed class RegenerateKeyVerb : Verb
{
    private readonly Argument<string> _name = CacheName();
    private readonly Argument<string> _key = new("KEY") { Description = "primary or secondary", HelpName = "primary|secondary" };

    private readonly Option<string?> _user = new("--user") { Description = "A key of another user than default", HelpName = "USER" };

    /// <summary>Makes the verb.</summary>
    /// <param name="globals">The options that every verb takes.</param>
    public RegenerateKeyVerb(GlobalOptions globals)
        : base("regenerate-key", "Replace one access key; clients that use the other one are not touched", globals)
    {
        Arguments.Add(_name);
        Arguments.Add(_key);
        Options.Add(_user);
        _key.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var word }] && word is not ("primary" or "secondary"))
            {
                result.AddError($"The key is '{word}'; it must be primary or secondary.");
            }
        });
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Arguments, string Effect)> Examples =>
        [("regenerate-key dev secondary", "then move the clients over"), ("regenerate-key dev primary", "and retire the first one")];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(CliContext context, ParseResult arguments, CancellationToken cancellationToken)
    {
        using var client = context.Client();
        var (name, key) = (arguments.GetRequiredValue(_name), arguments.GetRequiredValue(_key));
        var user = arguments.GetValue(_user);
        var keys = await client.RegenerateKeyAsync(name, new RegenerateKeyRequest(key, user), cancellationToken);
        context.Write(keys, ClientJson.Human.KeysView, () =>
            context.Console.WriteLine($"The {key} key of {(user is null ? name : $"{user} of {name}")} was replaced; the old one is refused from now on. "
                + $"See it with: {context.Command} keys {name} --{key}{(user is null ? "" : $" --user {user}")}"));
        return ExitCodes.Done;
    }
}
