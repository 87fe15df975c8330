namespace Larder.Host.Cli;

/// <summary>A preset as it is shown.</summary>
/// <param name="Name">The word to write after <c>preset:</c>.</param>
/// <param name="Description">What it is for; one sentence.</param>
/// <param name="Json">Its values, a JSON object in the form of a spec file.</param>
internal sealed record PresetText(string Name, string Description, string Json);
