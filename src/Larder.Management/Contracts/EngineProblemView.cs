namespace Larder.Management.Contracts;

/// <summary>A binary that was found but cannot be used.</summary>
/// <param name="Path">The binary.</param>
/// <param name="Problem">What it said.</param>
public sealed record EngineProblemView(string Path, string Problem);
