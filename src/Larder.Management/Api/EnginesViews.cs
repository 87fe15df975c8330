using Larder.Management.Contracts;
using Larder.Model.Engines;

namespace Larder.Management.Api;

/// <summary>Shows the catalogue.</summary>
public static class EnginesViews
{
    /// <summary>Turns a look at the catalogue into its view.</summary>
    /// <param name="engines">What was found.</param>
    /// <param name="catalogue">Knows the engines' limitations.</param>
    /// <returns>The view.</returns>
    public static EnginesView Of(EngineCatalogueSnapshot engines, IEngineCatalogue catalogue)
    {
        ArgumentNullException.ThrowIfNull(engines);
        ArgumentNullException.ThrowIfNull(catalogue);
        return new EnginesView(
            [.. engines.Installations.Select(engine => new EngineView(
                engine.Family.ToString().ToLowerInvariant(), engine.Version.ToString(), engine.ServerPath, engine.Origin,
                catalogue.LimitationsOf(engine)))],
            [.. engines.Problems.Select(problem => new EngineProblemView(problem.Path, problem.Message))]);
    }
}
