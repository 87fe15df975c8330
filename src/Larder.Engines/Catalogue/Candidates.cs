using System.Runtime.InteropServices;

namespace Larder.Engines.Catalogue;

/// <summary>Finds binaries that look like engines, by their names and places alone.</summary>
internal static class Candidates
{
    private static readonly string[] Servers = ["redis-server", "valkey-server"];

    /// <summary>Looks for them.</summary>
    /// <param name="sources">Where to look.</param>
    /// <returns>Each binary once, in the order of precedence. Two names of one file are one binary.</returns>
    public static IEnumerable<Candidate> Find(CatalogueSources sources)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return OnSearchPath(sources.SearchPath)
            .Concat(sources.EngineFolders.SelectMany(InFolder))
            .Concat(Embedded(sources.GarnetHost))
            .Where(candidate => seen.Add(Target(candidate.ServerPath)));
    }

    private static IEnumerable<Candidate> OnSearchPath(IEnumerable<string> folders) =>
        from folder in folders
        where Path.IsPathRooted(folder)
        from server in Servers
        let path = Path.Combine(folder, server)
        where File.Exists(path)
        select new Candidate(path, path, [], "PATH");

    private static IEnumerable<Candidate> InFolder(string engines) => !Directory.Exists(engines)
        ? []
        : from folder in Directory.EnumerateDirectories(engines).Order(StringComparer.Ordinal)
          where !Path.GetFileName(folder).StartsWith('.')
          from server in Servers
          from place in new[] { Path.Combine(folder, "bin", server), Path.Combine(folder, server) }
          where File.Exists(place)
          select Loaded(place, Path.Combine(folder, "lib"), engines);

    // A folder with a loader brings its own libraries: the loader is executed, and told where they are.
    private static Candidate Loaded(string server, string libraries, string origin)
    {
        var loader = Directory.Exists(libraries)
            ? Directory.EnumerateFiles(libraries, "ld*.so.*").Order(StringComparer.Ordinal).FirstOrDefault()
            : null;
        return loader is null
            ? new Candidate(server, server, [], origin)
            : new Candidate(server, loader, ["--library-path", libraries, server], origin);
    }

    private static IEnumerable<Candidate> Embedded(string? assembly) =>
        assembly is null ? [] : [new Candidate(assembly, DotnetHost(), [assembly], "embedded")];

    // The host of the runtime that runs this very program: <root>/shared/Microsoft.NETCore.App/<version>/ is where its libraries are.
    private static string DotnetHost() =>
        Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));

    private static string Target(string path) => File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path);
}
