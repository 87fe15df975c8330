namespace Larder.Engines.Catalogue;

/// <summary>A binary that looks like an engine.</summary>
/// <param name="ServerPath">The binary.</param>
/// <param name="Executable">What to execute.</param>
/// <param name="LeadingArguments">Arguments before the engine's own.</param>
/// <param name="Origin">Where it was found.</param>
internal sealed record Candidate(string ServerPath, string Executable, IReadOnlyList<string> LeadingArguments, string Origin);
