using System.Collections.Immutable;
using Larder.Controller.Shards;
using Larder.Model.Clusters;
using Larder.Model.Routing;

namespace Larder.Controller.Clusters;

/// <summary>How the gateway reaches the shards of a clustered cache. Pure.</summary>
internal static class ShardRoutes
{
    /// <summary>The routes.</summary>
    /// <param name="snapshots">What the shards' loops last saw.</param>
    /// <param name="map">Which shard has which slot.</param>
    /// <param name="held">Whether clients wait: no node may be asked anything.</param>
    /// <returns>By shard.</returns>
    public static ImmutableArray<ShardRoute> Of(IEnumerable<ShardSnapshot> snapshots, SlotMap map, bool held) =>
        [.. snapshots.Select(snapshot => Of(snapshot, map, held)).OrderBy(route => route.Shard)];

    private static ShardRoute Of(ShardSnapshot snapshot, SlotMap map, bool held) => new(
        snapshot.Status.Id,
        snapshot.Nodes[0].Self?.ShardId,
        map.Of(snapshot.Status.Id),
        held ? null : snapshot.Primary,
        [.. snapshot.Nodes.Select(node => new NodeRoute(
            node.Ordinal, node.Role, node.Self?.NodeId ?? "", node.Configuration.ReplicationAddress, node.Configuration.ReplicationPort, node.Configuration.SocketPath,
            node.Configuration.GatewayUser.Name, node.Configuration.GatewayUser.Password, node.InSync && !held))]);
}
