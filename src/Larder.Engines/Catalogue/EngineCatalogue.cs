using Larder.Model.Engines;
using Larder.Model.Specs;

namespace Larder.Engines.Catalogue;

/// <summary>The engines that this host can run.</summary>
/// <param name="Installations">
/// One for each family and version, by family and version, newest first. Where a version is found twice, the search path wins over the
/// engine folders, and the earlier folder over the later.
/// </param>
/// <param name="Problems">What was found and cannot be used.</param>
public sealed record EngineCatalogue(IReadOnlyList<EngineInstallation> Installations, IReadOnlyList<CatalogueProblem> Problems)
{
    /// <summary>Looks for engines and asks each binary for its version, several at a time.</summary>
    /// <param name="sources">Where to look.</param>
    /// <param name="time">The clock of the deadlines.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What there is.</returns>
    public static async Task<EngineCatalogue> DiscoverAsync(CatalogueSources sources, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sources);
        var candidates = Candidates.Find(sources).ToList();
        var probe = new VersionProbe(sources.ProbeTimeout, time);
        var found = new ProbeOutcome[candidates.Count];
        var parallel = new ParallelOptions
        {
            MaxDegreeOfParallelism = Math.Max(2, Environment.ProcessorCount),
            CancellationToken = cancellationToken,
        };
        await Parallel.ForAsync(
            0, candidates.Count, parallel, async (index, token) => found[index] = await probe.AskAsync(candidates[index], token));
        return new EngineCatalogue(
            [.. found.Select(outcome => outcome.Installation)
                .OfType<EngineInstallation>()
                .DistinctBy(installation => (installation.Family, installation.Version))
                .OrderBy(installation => installation.Family)
                .ThenByDescending(installation => installation.Version)],
            [.. found.Select(outcome => outcome.Problem).OfType<CatalogueProblem>()]);
    }

    /// <summary>The newest installation of a family.</summary>
    /// <param name="family">The family.</param>
    /// <returns>It, or <c>null</c> where there is none.</returns>
    public EngineInstallation? Newest(EngineFamily family) => Installations.FirstOrDefault(installation => installation.Family == family);
}
