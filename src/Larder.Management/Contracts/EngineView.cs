using System.Collections.Immutable;

namespace Larder.Management.Contracts;

/// <summary>One engine of the catalogue.</summary>
/// <param name="Engine">Its family, lower case.</param>
/// <param name="Version">Its version.</param>
/// <param name="Path">Its binary.</param>
/// <param name="Origin">Where it was found.</param>
/// <param name="Limitations">What it lacks against Redis; one sentence each.</param>
public sealed record EngineView(string Engine, string Version, string Path, string Origin, ImmutableArray<string> Limitations);
