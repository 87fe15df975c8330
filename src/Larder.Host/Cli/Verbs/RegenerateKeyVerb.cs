using System.CommandLine;
using Larder.Host.Client;

namespace Larder.Host.Cli.Verbs;

/// <summary><c>larder regenerate-key NAME primary|secondary</c>.</summary>
internal sealed class RegenerateKeyVerb : Verb
{
    private readonly Argument<string> _name = CacheName();
    private readonly Argument<string> _key = new("KEY") { Description = "primary or secondary", HelpName = "primary|secondary" };

    /// <summary>Makes the verb.</summary>
    /// <param name="globals">The options that every verb takes.</param>
    public RegenerateKeyVerb(GlobalOptions globals)
        : base("regenerate-key", "Replace one access key; clients that use the other one are not touched", globals)
    {
        Arguments.Add(_name);
        Arguments.Add(_key);
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
        var keys = await client.RegenerateKeyAsync(name, key, cancellationToken);
        context.Write(keys, ClientJson.Human.KeysView, () =>
            context.Console.WriteLine($"The {key} key of {name} was replaced; the old one is refused from now on. See it with: {context.Command} keys {name} --{key}"));
        return ExitCodes.Done;
    }
}
