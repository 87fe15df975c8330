namespace Larder.Spec;

/// <summary>A named set of values to start a spec from.</summary>
/// <param name="Name">The word for the field <c>preset</c>.</param>
/// <param name="Text">The values, as YAML with comments: a spec without its name. Fit to be printed.</param>
public sealed record SpecPreset(string Name, string Text);
