namespace Larder.Model.Specs;

/// <summary>One row of the size table: what a value of <see cref="RedisSpec.Capacity"/> stands for. Source: the Premium tier P1 to P5 of Azure Cache for Redis.</summary>
/// <param name="Capacity">1..5.</param>
/// <param name="MemoryGb">Memory of each node in GiB.</param>
/// <param name="MaxClients">Client connections of the whole cache; more shards do not raise it.</param>
/// <param name="MaxDatabases">Numbered databases of an unclustered cache.</param>
public sealed record CapacitySize(int Capacity, int MemoryGb, int MaxClients, int MaxDatabases);
