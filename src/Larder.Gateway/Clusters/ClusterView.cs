using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;
using Larder.Model.Routing;
using Larder.Model.Status;

namespace Larder.Gateway.Clusters;

/// <summary>A clustered cache's nodes as clients see them: at ports of the gateway. Immutable; made anew for each route.</summary>
internal sealed class ClusterView
{
    private readonly CacheRoute _route;
    private readonly FrozenDictionary<string, NodeRoute> _byAddress;
    private readonly FrozenDictionary<int, (ShardRoute Shard, NodeRoute Node)> _byOrdinal;

    /// <summary>Makes the view of a route.</summary>
    /// <param name="route">The route of a clustered cache.</param>
    public ClusterView(CacheRoute route)
    {
        _route = route;
        var nodes = route.Shards.SelectMany(shard => shard.Nodes.Select(node => (Shard: shard, Node: node))).ToList();
        _byAddress = nodes.ToFrozenDictionary(entry => Key(entry.Node.ReplicationAddress, entry.Node.ReplicationPort), entry => entry.Node);
        _byOrdinal = nodes.ToFrozenDictionary(entry => entry.Node.Ordinal);
    }

    /// <summary>The way to the engine that is meant.</summary>
    /// <param name="ordinal">A node; <c>null</c> for the primary of any shard that has one.</param>
    /// <returns>The way; <c>null</c> where nobody is there who may be asked.</returns>
    public PrimaryRoute? Find(int? ordinal)
    {
        if (ordinal is not { } node)
        {
            return _route.Shards.FirstOrDefault(shard => shard.Primary is not null)?.Primary;
        }

        if (!_byOrdinal.TryGetValue(node, out var entry))
        {
            return null;
        }

        if (entry.Shard.Primary is { } primary && primary.NodeOrdinal == node)
        {
            return primary;
        }

        // A replica that follows refuses writes by itself, so that no view of the leader is needed for it. One that does not follow yet might not refuse them.
        return entry.Node is { Role: NodeRole.Replica, InSync: true }
            ? new PrimaryRoute(
                node, entry.Shard.Primary?.Epoch ?? 0, entry.Node.SocketPath, entry.Node.User, entry.Node.Password, new ViewDeadline(long.MaxValue))
            : null;
    }

    /// <summary>The shard that a session's engine belongs to.</summary>
    /// <param name="ordinal">A node; <c>null</c> for the primary of any shard that has one.</param>
    /// <returns>Its id; <c>null</c> where there is none.</returns>
    public int? ShardOf(int? ordinal) => ordinal is { } node
        ? _byOrdinal.TryGetValue(node, out var entry) ? entry.Shard.Shard : null
        : _route.Shards.FirstOrDefault(shard => shard.Primary is not null)?.Shard;

    /// <summary>The port that clients reach an engine at.</summary>
    /// <param name="address">The address that the engines have for it.</param>
    /// <param name="port">The port that they have for it.</param>
    /// <param name="local">The address that the client has connected to.</param>
    /// <param name="tls">Whether the client speaks TLS.</param>
    /// <returns>1..65535; <c>null</c> where it is no engine of this cache, or clients of this kind cannot reach it.</returns>
    public int? PortOf(string address, int port, IPAddress local, bool tls)
    {
        if (!_byAddress.TryGetValue(Key(address, port), out var node))
        {
            return null;
        }

        var endpoints = _route.Listen.Where(endpoint => endpoint.NodeOrdinal == node.Ordinal && endpoint.Tls == tls).ToImmutableArray();
        return (endpoints.FirstOrDefault(endpoint => endpoint.Address.Equals(local)) ?? endpoints.FirstOrDefault())?.Port;
    }

    /// <summary>Gives a redirection the address that the client can follow.</summary>
    /// <param name="error">An error reply: <c>-MOVED slot host:port</c> or <c>-ASK slot host:port</c>, or another one.</param>
    /// <param name="local">The address that the client has connected to.</param>
    /// <param name="tls">Whether the client speaks TLS.</param>
    /// <returns>The reply for the client; <c>null</c> where it can stay as it is.</returns>
    public byte[]? Redirect(ReadOnlySpan<byte> error, IPAddress local, bool tls)
    {
        if (!error.StartsWith("-MOVED "u8) && !error.StartsWith("-ASK "u8))
        {
            return null;
        }

        var words = Encoding.ASCII.GetString(error).TrimEnd().Split(' ');
        var colon = words.Length == 3 ? words[2].LastIndexOf(':') : -1;
        return colon > 0 && int.TryParse(words[2].AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && PortOf(words[2][..colon], port, local, tls) is { } own
                ? Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{words[0]} {words[1]} {local}:{own}\r\n"))
                : null;
    }

    private static string Key(string address, int port) => string.Create(CultureInfo.InvariantCulture, $"{address}:{port}");
}
