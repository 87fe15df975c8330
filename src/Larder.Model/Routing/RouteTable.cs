using System.Collections.Immutable;

namespace Larder.Model.Routing;

/// <summary>
/// Everything the gateway knows: which caches it serves, where, for whom, and which node is the primary. Immutable; a change is a new table.
/// </summary>
/// <param name="Caches">The caches served, in the order of their names.</param>
public sealed record RouteTable(ImmutableArray<CacheRoute> Caches)
{
    /// <summary>A table without caches.</summary>
    public static RouteTable Empty { get; } = new(ImmutableArray<CacheRoute>.Empty);
}
