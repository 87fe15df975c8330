using System.Collections.Immutable;
using Larder.Engines;
using Larder.Engines.Catalogue;
using Larder.Model.Engines;
using Larder.Model.Installation;

namespace Larder.Host.Daemon;

/// <summary>The engines of this host: what <see cref="EngineCatalogue"/> finds in the usual places and in the home.</summary>
/// <param name="home">The home.</param>
/// <param name="drivers">Know what each engine can do.</param>
/// <param name="clock">The clock of the probes' deadlines.</param>
internal sealed class HostEngineCatalogue(LarderHome home, EngineDrivers drivers, TimeProvider clock) : IEngineCatalogue
{
    private volatile EngineCatalogueSnapshot _current = new([], []);

    /// <summary>The embedded engine's program, beside ours; <c>null</c> where it was not shipped.</summary>
    public static string? GarnetHost
    {
        get
        {
            var path = Path.Combine(AppContext.BaseDirectory, "garnet", "larder-garnet.dll");
            return File.Exists(path) ? path : null;
        }
    }

    /// <inheritdoc/>
    public EngineCatalogueSnapshot Current => _current;

    /// <inheritdoc/>
    public async Task<EngineCatalogueSnapshot> RefreshAsync(CancellationToken cancellationToken)
    {
        var found = await EngineCatalogue.DiscoverAsync(CatalogueSources.Usual(home.Root, GarnetHost), clock, cancellationToken);
        _current = new EngineCatalogueSnapshot(
            [.. found.Installations], [.. found.Problems.Select(problem => new EngineProblem(problem.Path, problem.Message))]);
        return _current;
    }

    /// <inheritdoc/>
    public bool CanRaiseMemory(EngineInstallation installation) => drivers.For(installation.Family).Describe(installation).CanRaiseMemory;

    /// <inheritdoc/>
    public ImmutableArray<string> LimitationsOf(EngineInstallation installation) =>
        [.. drivers.For(installation.Family).Describe(installation).Limitations];
}
