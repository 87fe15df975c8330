using System.Collections.Immutable;

namespace Larder.Model.Engines;

/// <summary>The engines found at one look.</summary>
/// <param name="Installations">What can run, by family and falling version.</param>
/// <param name="Problems">Binaries that were found and cannot run.</param>
public sealed record EngineCatalogueSnapshot(ImmutableArray<EngineInstallation> Installations, ImmutableArray<EngineProblem> Problems);
