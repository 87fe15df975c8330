namespace Larder.Engines.Catalogue;

/// <summary>Where the catalogue looks for engines.</summary>
public sealed record CatalogueSources
{
    /// <summary>Folders to look in for <c>redis-server</c> and <c>valkey-server</c>, in their order: those of <c>PATH</c>.</summary>
    public IReadOnlyList<string> SearchPath { get; init; } = [];

    /// <summary>
    /// Folders of engines, in their order. Each holds one folder per engine, <c>&lt;name&gt;-&lt;version&gt;</c>, with the server in it or in
    /// its <c>bin</c>, and, where it does not run on the machine's own libraries, its <c>lib</c> with loader and libraries.
    /// </summary>
    public IReadOnlyList<string> EngineFolders { get; init; } = [];

    /// <summary>The embedded Garnet host's assembly (<c>larder-garnet.dll</c>), or <c>null</c> where it was not shipped.</summary>
    public string? GarnetHost { get; init; }

    /// <summary>How long a binary may take to tell its version. Default: 5 s.</summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The usual places: <c>PATH</c>, the engines folder of Larder's home, and <c>/opt/larder/engines</c>.</summary>
    /// <param name="home">Larder's home folder.</param>
    /// <param name="garnetHost">The embedded Garnet host's assembly, or <c>null</c>.</param>
    /// <returns>The places.</returns>
    public static CatalogueSources Usual(string home, string? garnetHost) => new()
    {
        SearchPath = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
        EngineFolders = [Path.Combine(home, "engines"), "/opt/larder/engines"],
        GarnetHost = garnetHost,
    };
}
