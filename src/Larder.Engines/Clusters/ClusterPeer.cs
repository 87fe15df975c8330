namespace Larder.Engines.Clusters;

/// <summary>A node of a clustered cache, as its siblings must know it.</summary>
/// <param name="NodeId">What the engines call it: 40 hexadecimal digits, for life.</param>
/// <param name="Address">Where it listens.</param>
/// <param name="Port">For commands, replication and migration.</param>
/// <param name="BusPort">For the engines' own talk.</param>
/// <param name="ShardId">What the engines call its shard: 40 hexadecimal digits.</param>
public sealed record ClusterPeer(string NodeId, string Address, int Port, int BusPort, string ShardId);
