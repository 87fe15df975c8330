using Larder.Model.Engines;

namespace Larder.Engines.Catalogue;

/// <summary>What became of a candidate: exactly one of the two.</summary>
/// <param name="Installation">The engine.</param>
/// <param name="Problem">What is wrong.</param>
internal sealed record ProbeOutcome(EngineInstallation? Installation, CatalogueProblem? Problem);
