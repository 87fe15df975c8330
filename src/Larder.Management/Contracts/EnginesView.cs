using System.Collections.Immutable;

namespace Larder.Management.Contracts;

/// <summary>The catalogue: the contract of <c>larder engines --output json</c>.</summary>
/// <param name="Engines">What can run, by family and falling version.</param>
/// <param name="Problems">What was found and cannot run.</param>
public sealed record EnginesView(ImmutableArray<EngineView> Engines, ImmutableArray<EngineProblemView> Problems);
