using System.Globalization;
using Larder.Model.Engines;
using Larder.Model.Specs;

namespace Larder.Model.Plans;

/// <summary>What is refused about shards, as far as the two specs and the engine tell.</summary>
internal static class ClusterRefusals
{
    private const string Enable = "cluster.enable_cluster";
    private const string Count = "cluster.shard_count";
    private static readonly Version OldestRedis = new(7, 0);

    /// <summary>Refuses.</summary>
    /// <param name="current">What there is; <c>null</c> at creation.</param>
    /// <param name="desired">What is wanted.</param>
    /// <param name="engine">The engine that it is to run, where one was chosen.</param>
    /// <returns>The refusals.</returns>
    public static IEnumerable<PlanRefusal> Of(CacheSpec? current, CacheSpec desired, EngineInstallation? engine)
    {
        if (!desired.Cluster.EnableCluster)
        {
            yield break;
        }

        if (current is not { Cluster.EnableCluster: true } && engine is not null && WhyNot(engine) is { } why)
        {
            yield return new PlanRefusal(
                Enable, current is null ? null : "false", "true", why, "Use engine: redis (7.0 or newer) or engine: valkey, or set enable_cluster: false and choose a larger capacity.");
        }
        else if (current is { Cluster.EnableCluster: false })
        {
            yield return new PlanRefusal(
                Enable, "false", "true", "This version of Larder does not turn clustering on for a cache that exists.",
                "Create a second cache with it and move the clients there (export and import carry the data).");
        }

        if (current is { Cluster.EnableCluster: true } && current.ShardCount != desired.ShardCount && CapacitySizes.NodeMb(current) != CapacitySizes.NodeMb(desired))
        {
            yield return new PlanRefusal(
                Count, Text(current.ShardCount), Text(desired.ShardCount), "The size of the nodes changes too, and the two are done one after the other.",
                "Apply the new size first, and the new shard_count when that is done.");
        }
    }

    private static string? WhyNot(EngineInstallation engine) => engine.Family switch
    {
        EngineFamily.Garnet => "This version of Larder does not run Garnet as a cluster.",
        EngineFamily.Redis when engine.Version < OldestRedis => $"Redis {engine.Version} cannot be told its cluster's port and slots as Larder needs it.",
        _ => null,
    };

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
