namespace Larder.Model.Engines;

/// <summary>A binary that was found but cannot be used.</summary>
/// <param name="Path">The binary.</param>
/// <param name="Message">What it said, or why it was not run.</param>
public sealed record EngineProblem(string Path, string Message);
