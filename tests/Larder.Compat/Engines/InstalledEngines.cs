using Larder.Engines.Catalogue;
using Larder.Model.Engines;
using Larder.Model.Specs;

namespace Larder.Compat.Engines;

/// <summary>The engines of this machine, by family and series: "redis 7.0".</summary>
public static class InstalledEngines
{
    private static readonly Lazy<Task<EngineCatalogue>> Found = new(() => EngineCatalogue.DiscoverAsync(
        CatalogueSources.Usual("/nonexistent", GarnetHost()), TimeProvider.System, CancellationToken.None));

    /// <summary>What everything is to be proven on.</summary>
    public static IReadOnlyList<string> All { get; } = ["redis 7.0", "redis 8.0", "valkey 8.1", "garnet 2.2"];

    /// <summary>Finds one.</summary>
    /// <returns>It, or <c>null</c> where this machine does not have it.</returns>
    public static async Task<EngineInstallation?> FindAsync(string name)
    {
        var catalogue = await Found.Value;
        var words = name.Split(' ');
        var family = Enum.Parse<EngineFamily>(words[0], ignoreCase: true);
        var series = Version.Parse(words[1]);
        return catalogue.Installations.FirstOrDefault(
            candidate => candidate.Family == family && candidate.Version.Major == series.Major && candidate.Version.Minor == series.Minor);
    }

    // The host is built beside this program, under the same configuration and framework.
    private static string GarnetHost()
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var root = output.Parent!.Parent!.Parent!.Parent!.Parent!.FullName;
        return Path.Combine(root, "src", "Larder.GarnetHost", "bin", output.Parent.Name, output.Name, "larder-garnet.dll");
    }
}
