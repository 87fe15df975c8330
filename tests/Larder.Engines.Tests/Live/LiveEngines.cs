using Larder.Engines.Catalogue;
using Larder.Model.Engines;
using Larder.Model.Specs;

namespace Larder.Engines.Tests.Live;

/// <summary>
/// The engines that the live tests run on. One that is missing on this machine is a skip that says how to get it. Looked for on PATH, in
/// /opt/larder/engines and in the folder that LARDER_TEST_ENGINES names.
/// </summary>
internal static class LiveEngines
{
    private static readonly Lazy<Task<EngineCatalogue>> Found = new(DiscoverAsync);

    public static TheoryData<string> All { get; } = ["redis 7.0", "redis 8.0", "valkey 8.1", "garnet 2.2"];

    public static async Task<EngineInstallation> GetAsync(string name)
    {
        var catalogue = await Found.Value;
        var words = name.Split(' ');
        var family = Enum.Parse<EngineFamily>(words[0], ignoreCase: true);
        var series = Version.Parse(words[1]);
        var installation = catalogue.Installations.FirstOrDefault(
            candidate => candidate.Family == family && candidate.Version.Major == series.Major && candidate.Version.Minor == series.Minor);
        Assert.SkipWhen(
            installation is null,
            $"{name} is not on this machine ('tools/fetch-engine' puts it there). {string.Join(' ', catalogue.Problems.Select(problem => $"{problem.Path}: {problem.Message}"))}");
        return installation!;
    }

    private static Task<EngineCatalogue> DiscoverAsync() => EngineCatalogue.DiscoverAsync(
        CatalogueSources.Usual("/nonexistent", GarnetHost()) with
        {
            EngineFolders = [Environment.GetEnvironmentVariable("LARDER_TEST_ENGINES") ?? "/nonexistent", "/opt/larder/engines"],
        },
        TimeProvider.System,
        CancellationToken.None);

    // The host is built beside this test, under the same configuration and framework.
    private static string GarnetHost()
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var root = output.Parent!.Parent!.Parent!.Parent!.Parent!.FullName;
        return Path.Combine(root, "src", "Larder.GarnetHost", "bin", output.Parent.Name, output.Name, "larder-garnet.dll");
    }
}
