namespace Larder.Host.Cli;

/// <summary>A spec file that was read and found valid.</summary>
/// <param name="Name">The cache's name.</param>
/// <param name="Json">The spec in JSON form, complete, as the management API takes it.</param>
internal sealed record SpecText(string Name, string Json);
