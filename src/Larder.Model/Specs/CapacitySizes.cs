using System.Collections.Immutable;

namespace Larder.Model.Specs;

/// <summary>The size table, and what a spec makes of it.</summary>
public static class CapacitySizes
{
    /// <summary>
    /// Percent of a node's memory that is not for data: the reference keeps 10 % for replication and commands and 10 % for
    /// fragmentation.
    /// </summary>
    private const int ReservedPercent = 20;

    /// <summary>All sizes, smallest first.</summary>
    public static ImmutableArray<CapacitySize> All { get; } =
    [
        new(1, 6, 7_500, 16),
        new(2, 13, 15_000, 32),
        new(3, 26, 30_000, 48),
        new(4, 53, 40_000, 64),
        new(5, 120, 40_000, 64),
    ];

    /// <summary>The size that a capacity stands for.</summary>
    /// <param name="capacity">1..5.</param>
    /// <returns>Its row.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such size.</exception>
    public static CapacitySize Of(int capacity) => capacity >= 1 && capacity <= All.Length
        ? All[capacity - 1]
        : throw new ArgumentOutOfRangeException(nameof(capacity), capacity, $"Capacity is 1 to {All.Length}.");

    /// <summary>Client connections of a cache.</summary>
    /// <param name="capacity">1..5.</param>
    /// <returns>The limit.</returns>
    public static int MaxClients(int capacity) => Of(capacity).MaxClients;

    /// <summary>Numbered databases of an unclustered cache.</summary>
    /// <param name="capacity">1..5.</param>
    /// <returns>The limit.</returns>
    public static int MaxDatabases(int capacity) => Of(capacity).MaxDatabases;

    /// <summary>Memory of each node in MiB: <see cref="CacheSpec.MemoryMb"/> where it is given, else the size of the capacity.</summary>
    /// <param name="spec">The cache.</param>
    /// <returns>MiB.</returns>
    public static int NodeMb(CacheSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return spec.MemoryMb ?? Of(spec.Redis.Capacity).MemoryGb * 1024;
    }

    /// <summary>Memory of each node in bytes, all its uses included.</summary>
    /// <param name="spec">The cache.</param>
    /// <returns>Bytes.</returns>
    public static long NodeBytes(CacheSpec spec) => (long)NodeMb(spec) << 20;

    /// <summary>The part of a node's memory that is for data: all but the reserves (20 %). The engine evicts above it.</summary>
    /// <param name="spec">The cache.</param>
    /// <returns>Bytes.</returns>
    public static long UsableBytes(CacheSpec spec) => NodeBytes(spec) / 100 * (100 - ReservedPercent);
}
