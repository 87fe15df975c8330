using System.Collections.Immutable;
using Larder.Chaos.Checking;

namespace Larder.Chaos.Clusters;

/// <summary>What came of a run against a clustered cache.</summary>
/// <param name="Report">What the history shows.</param>
/// <param name="Breaches">The promises that were broken, one sentence each; empty where all were kept.</param>
public sealed record ClusterChaosResult(ChaosReport Report, ImmutableArray<string> Breaches);
