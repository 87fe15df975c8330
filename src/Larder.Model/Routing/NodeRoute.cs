using Larder.Model.Status;

namespace Larder.Model.Routing;

/// <summary>One engine node of a clustered cache, as the gateway sees it.</summary>
/// <param name="Ordinal">Its ordinal in the cache; clients reach it at the endpoints of that <see cref="ListenEndpoint.NodeOrdinal"/>.</param>
/// <param name="Role">Its role by the shard's leader key.</param>
/// <param name="EngineNodeId">What the engines call it in CLUSTER NODES: 40 hexadecimal digits; empty before it has said so.</param>
/// <param name="ReplicationAddress">The address that the engines have for it: in MOVED, ASK, CLUSTER NODES, SLOTS and SHARDS.</param>
/// <param name="ReplicationPort">The port that they have for it there.</param>
/// <param name="SocketPath">Its unix socket on this host.</param>
/// <param name="User">The engine user that the gateway authenticates as.</param>
/// <param name="Password">Its password. Never logged.</param>
/// <param name="InSync">Whether it is the serving primary, or a replica whose link is up and whose initial sync is complete: reads may go there.</param>
public sealed record NodeRoute(
    int Ordinal, NodeRole Role, string EngineNodeId, string ReplicationAddress, int ReplicationPort, string SocketPath, string User, Secret Password, bool InSync);
