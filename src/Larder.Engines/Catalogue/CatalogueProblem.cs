namespace Larder.Engines.Catalogue;

/// <summary>An engine that was found and cannot be used.</summary>
/// <param name="Path">The binary.</param>
/// <param name="Message">What is wrong with it, with what it said.</param>
public sealed record CatalogueProblem(string Path, string Message);
