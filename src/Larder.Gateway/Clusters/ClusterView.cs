using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;
using Larder.Gateway.Routing;
using Larder.Model.Clusters;
using Larder.Model.Routing;
using Larder.Model.Status;

namespace Larder.Gateway.Clusters;

/// <summary>A clustered cache's nodes as clients see them: at ports of the gateway. Immutable; made anew for each route.</summary>
internal sealed class ClusterView
{
    private readonly CacheRoute _route;
    private readonly FrozenDictionary<string, NodeRoute> _byAddress;
    private readonly int[] _slots = new int[SlotRange.Slots];
    private readonly FrozenDictionary<int, (ShardRoute Shard, NodeRoute Node)> _byOrdinal;

    /// <summary>Makes the view of a route.</summary>
    /// <param name="route">The route of a clustered cache.</param>
    public ClusterView(CacheRoute route)
    {
        _route = route;
        var nodes = route.Shards.SelectMany(shard => shard.Nodes.Select(node => (Shard: shard, Node: node))).ToList();
        _byAddress = nodes.ToFrozenDictionary(entry => Key(entry.Node.ReplicationAddress, entry.Node.ReplicationPort), entry => entry.Node);
        _byOrdinal = nodes.ToFrozenDictionary(entry => entry.Node.Ordinal);
        Array.Fill(_slots, -1);
        foreach (var (shard, range) in route.Shards.SelectMany(shard => shard.Slots.Select(range => (shard.Shard, range))))
        {
            Array.Fill(_slots, shard, range.First, range.Count);
        }
    }

    /// <summary>The way to the engine that is meant.</summary>
    /// <param name="aim">A node, the primary of a shard, or that of any shard that has one.</param>
    /// <returns>The way; <c>null</c> where nobody is there who may be asked.</returns>
    public PrimaryRoute? Find(EngineAim aim)
    {
        if (aim.Node is not { } node)
        {
            return ShardRouteOf(aim)?.Primary;
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

    /// <summary>The shards that have slots, by id.</summary>
    public ImmutableArray<int> Shards => [.. _route.Shards.Where(shard => !shard.Slots.IsEmpty).Select(shard => shard.Shard)];

    /// <summary>The shards that have slots or a primary, by id: a shard that is about to get its first slots must know scripts and functions too.</summary>
    public ImmutableArray<int> AllShards => [.. _route.Shards.Where(shard => !shard.Slots.IsEmpty || shard.Primary is not null).Select(shard => shard.Shard)];

    /// <summary>The shard that a slot belongs to.</summary>
    /// <param name="slot">0..16383.</param>
    /// <returns>Its id; <c>null</c> where it belongs to none.</returns>
    public int? ShardOfSlot(int slot) => _slots[slot] is >= 0 and var shard ? shard : null;

    /// <summary>Reads a redirection.</summary>
    /// <param name="error">An error reply.</param>
    /// <returns>The shard that it leads to, and whether that must be asked for it; <c>null</c> where it is none, or leads to nobody known.</returns>
    public (int Shard, bool Asks)? ReadRedirection(ReadOnlySpan<byte> error) =>
        Parse(error) is { } told && _byOrdinal.TryGetValue(told.Node.Ordinal, out var entry) ? (entry.Shard.Shard, told.Word == "-ASK") : null;

    /// <summary>The shard that a session's engine belongs to.</summary>
    /// <param name="aim">A node, the primary of a shard, or that of any shard that has one.</param>
    /// <returns>Its id; <c>null</c> where there is none.</returns>
    public int? ShardOf(EngineAim aim) => aim.Node is { } node
        ? _byOrdinal.TryGetValue(node, out var entry) ? entry.Shard.Shard : null
        : ShardRouteOf(aim)?.Shard;

    /// <summary>The port that clients reach an engine at.</summary>
    /// <param name="address">The address that the engines have for it.</param>
    /// <param name="port">The port that they have for it.</param>
    /// <param name="local">The address that the client has connected to.</param>
    /// <param name="tls">Whether the client speaks TLS.</param>
    /// <returns>1..65535; <c>null</c> where it is no engine of this cache, or clients of this kind cannot reach it.</returns>
    public int? PortOf(string address, int port, IPAddress local, bool tls) =>
        _byAddress.TryGetValue(Key(address, port), out var node) ? PortOf(node, local, tls) : null;

    /// <summary>Gives a redirection the address that the client can follow.</summary>
    /// <param name="error">An error reply: <c>-MOVED slot host:port</c> or <c>-ASK slot host:port</c>, or another one.</param>
    /// <param name="local">The address that the client has connected to.</param>
    /// <param name="tls">Whether the client speaks TLS.</param>
    /// <returns>The reply for the client; <c>null</c> where it can stay as it is.</returns>
    public byte[]? Redirect(ReadOnlySpan<byte> error, IPAddress local, bool tls) => Parse(error) is { } told && PortOf(told.Node, local, tls) is { } own
        ? Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{told.Word} {told.Slot} {local}:{own}\r\n"))
        : null;

    // A shard that is no more, since there are fewer now: any other one answers, and sends what is not its own to where that is.
    private ShardRoute? ShardRouteOf(EngineAim aim) =>
        (aim.Shard is { } shard ? _route.Shards.FirstOrDefault(one => one.Shard == shard) : null) ?? _route.Shards.FirstOrDefault(one => one.Primary is not null);

    private int? PortOf(NodeRoute node, IPAddress local, bool tls)
    {
        var endpoints = _route.Listen.Where(endpoint => endpoint.NodeOrdinal == node.Ordinal && endpoint.Tls == tls).ToImmutableArray();
        return (endpoints.FirstOrDefault(endpoint => endpoint.Address.Equals(local)) ?? endpoints.FirstOrDefault())?.Port;
    }

    /// <summary>Takes <c>-MOVED slot host:port</c> or <c>-ASK slot host:port</c> apart.</summary>
    private (string Word, string Slot, NodeRoute Node)? Parse(ReadOnlySpan<byte> error) =>
        (error.StartsWith("-MOVED "u8) || error.StartsWith("-ASK "u8)) && Encoding.ASCII.GetString(error).TrimEnd().Split(' ') is [var word, var slot, var address]
            && _byAddress.TryGetValue(address, out var node)
                ? (word, slot, node)
                : null;

    private static string Key(string address, int port) => string.Create(CultureInfo.InvariantCulture, $"{address}:{port}");
}
