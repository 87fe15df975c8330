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
            yield break;
        }

        if (current is null || CapacitySizes.NodeMb(current) == CapacitySizes.NodeMb(desired))
        {
            yield break;
        }

        const string OneByOne = "The size of the nodes changes too, and the two are done one after the other.";
        if (!current.Cluster.EnableCluster)
        {
            yield return new PlanRefusal(Enable, "false", "true", OneByOne, "Apply the new size first, and enable_cluster: true when that is done.");
        }
        else if (current.ShardCount != desired.ShardCount)
        {
            yield return new PlanRefusal(
                Count, Text(current.ShardCount), Text(desired.ShardCount), OneByOne, "Apply the new size first, and the new shard_count when that is done.");
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
