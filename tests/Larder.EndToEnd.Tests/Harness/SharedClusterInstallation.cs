namespace Larder.EndToEnd.Tests.Harness;

/// <summary>One installation for clustered caches of up to eight nodes.</summary>
public sealed class SharedClusterInstallation() : SharedInstallation(nodePorts: 8)
{
    /// <summary>Makes a cache of a name of its own with some shards of two nodes each; 0 makes one without clustering.</summary>
    internal Task<string> UpAsync(string what, int shards, string engine = "redis", string version = "latest", string persistence = "Disabled", string more = "") =>
        UpAsync(what, engine, version, $"  persistence: {persistence}\n{(shards > 0 ? Clustered(shards) : "")}{more}");

    /// <summary>What a spec says of the number of shards.</summary>
    internal static string Clustered(int shards) => $"cluster: {{ enable_cluster: true, shard_count: {shards} }}\n";
}
