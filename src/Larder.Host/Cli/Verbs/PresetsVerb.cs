using System.CommandLine;
using System.Text.Json.Nodes;
using Larder.Host.Client;

namespace Larder.Host.Cli.Verbs;

/// <summary><c>larder presets</c>.</summary>
/// <param name="globals">The options that every verb takes.</param>
internal sealed class PresetsVerb(GlobalOptions globals) : Verb("presets", "Print the presets that a spec file can start from", globals)
{
    /// <inheritdoc/>
    public override IReadOnlyList<(string Arguments, string Effect)> Examples =>
        [("presets", "what preset: development stands for"), ("presets -o json", "for scripts")];

    /// <inheritdoc/>
    protected override Task<int> RunAsync(CliContext context, ParseResult arguments, CancellationToken cancellationToken)
    {
        var presets = context.Services.Presets();
        var all = new JsonObject();
        foreach (var preset in presets)
        {
            all[preset.Name] = JsonNode.Parse(preset.Json);
        }

        context.Write(all, ClientJson.Human.JsonObject, () =>
        {
            foreach (var preset in presets)
            {
                context.Console.WriteLine($"# preset: {preset.Name}");
                context.Console.WriteLine(preset.Yaml.TrimEnd());
                context.Console.WriteLine();
            }
        });
        return Task.FromResult(ExitCodes.Done);
    }
}
