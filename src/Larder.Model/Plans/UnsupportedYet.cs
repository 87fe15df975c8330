using System.Collections.Immutable;
using Larder.Model.Specs;

namespace Larder.Model.Plans;

/// <summary>
/// What the form offers and the product does not do at present. This table is the one place that says so: when something is built,
/// its entry is deleted and nothing else needs to change.
/// </summary>
internal static class UnsupportedYet
{
    private static readonly ImmutableArray<Entry> Entries =
    [
        new("cluster.enable_cluster", "true", spec => spec.Cluster.EnableCluster,
            "This version of Larder runs unclustered caches only.",
            "Set enable_cluster: false and choose a larger capacity where one shard is too small."),
    ];

    /// <summary>Refuses what is wanted newly and cannot be had.</summary>
    /// <param name="current">What there is; <c>null</c> at creation.</param>
    /// <param name="desired">What is wanted.</param>
    /// <returns>The refusals; none for what the cache has already.</returns>
    public static IEnumerable<PlanRefusal> Refusals(CacheSpec? current, CacheSpec desired) => Entries
        .Where(entry => entry.Asks(desired) && (current is null || !entry.Asks(current)))
        .Select(entry => new PlanRefusal(entry.Field, null, entry.Wanted, entry.Why, entry.Instead));

    private sealed record Entry(string Field, string Wanted, Func<CacheSpec, bool> Asks, string Why, string Instead);
}
