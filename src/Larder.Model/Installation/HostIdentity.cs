using System.Collections.Immutable;
using System.Net;

namespace Larder.Model.Installation;

/// <summary>This host, and what the installation's endpoints are by default.</summary>
public sealed record HostIdentity
{
    /// <summary>Nodes of the largest cache: ten shards of a primary and three replicas. So many ports in a row belong to nodes.</summary>
    public const int MostNodes = 40;

    /// <summary>The host's name in the control store and in every status.</summary>
    public required string Name { get; init; }

    /// <summary>Its zone label, or <c>null</c>.</summary>
    public string? Zone { get; init; }

    /// <summary>The domain that cache host names end with.</summary>
    /// <value>Default <c>redis.localhost</c>: never resolved by a public name server (RFC 6761).</value>
    public string Domain { get; init; } = "redis.localhost";

    /// <summary>The installation's TLS port.</summary>
    /// <value>Default 6380, as the original's.</value>
    public int TlsPort { get; init; } = 6380;

    /// <summary>The installation's plain port, for caches that ask for it.</summary>
    /// <value>Default 6379, as the original's.</value>
    public int PlainPort { get; init; } = 6379;

    /// <summary>The TLS port of node 0 of a clustered cache; node <c>n</c> has this one plus <c>n</c>.</summary>
    /// <value>Default 15000, as the original's.</value>
    public int NodeTlsPort { get; init; } = 15000;

    /// <summary>The plain port of node 0 of a clustered cache that asks for plain ports; node <c>n</c> has this one plus <c>n</c>.</summary>
    /// <value>Default 13000, as the original's.</value>
    public int NodePlainPort { get; init; } = 13000;

    /// <summary>Where caches without an address of their own are served.</summary>
    /// <value>Default loopback, both families.</value>
    public ImmutableArray<IPAddress> Addresses { get; init; } = [IPAddress.Loopback, IPAddress.IPv6Loopback];

    /// <summary>The ports that are the gateway's, whether a cache that needs them exists already or comes later: no engine may have one.</summary>
    public IEnumerable<int> ClientPorts => [TlsPort, PlainPort, .. Enumerable.Range(NodeTlsPort, MostNodes), .. Enumerable.Range(NodePlainPort, MostNodes)];
}
