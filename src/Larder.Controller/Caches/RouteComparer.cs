using Larder.Model.Routing;

namespace Larder.Controller.Caches;

/// <summary>Whether two routes of one cache mean the same to the gateway, so that nothing needs to be published.</summary>
internal static class RouteComparer
{
    /// <summary>Compares by content.</summary>
    /// <param name="one">A route.</param>
    /// <param name="other">Another route of the same cache.</param>
    /// <returns>Whether they mean the same.</returns>
    public static bool Same(CacheRoute one, CacheRoute other) =>
        one.Cache == other.Cache
        && one.HostNames.SequenceEqual(other.HostNames)
        && one.Listen.SequenceEqual(other.Listen)
        && ReferenceEquals(one.Certificate, other.Certificate)
        && one.AccessKeys.Select(key => key.Id).SequenceEqual(other.AccessKeys.Select(key => key.Id))
        && one.Users.SequenceEqual(other.Users)
        && one.Firewall.SequenceEqual(other.Firewall)
        && one.MaxClients == other.MaxClients
        && one.Durability == other.Durability
        && one.Failover == other.Failover
        && one.Primary == other.Primary
        && one.IsClustered == other.IsClustered
        && one.Shards.Length == other.Shards.Length
        && one.Shards.Zip(other.Shards).All(pair => Same(pair.First, pair.Second));

    private static bool Same(ShardRoute one, ShardRoute other) =>
        one.Shard == other.Shard
        && one.EngineShardId == other.EngineShardId
        && one.Slots.SequenceEqual(other.Slots)
        && one.Primary == other.Primary
        && one.Nodes.SequenceEqual(other.Nodes);
}
