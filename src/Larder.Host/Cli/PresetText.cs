namespace Larder.Host.Cli;

/// <summary>A preset as it is shown.</summary>
/// <param name="Name">The word to write after <c>preset:</c>.</param>
/// <param name="Yaml">Its values with comments, a spec file without its name.</param>
/// <param name="Json">Its values, a JSON object in the same form.</param>
internal sealed record PresetText(string Name, string Yaml, string Json);
