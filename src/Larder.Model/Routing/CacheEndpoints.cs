using System.Collections.Immutable;
using System.Net;
using Larder.Model.Installation;
using Larder.Model.Specs;

namespace Larder.Model.Routing;

/// <summary>Where a cache is reached: pure arithmetic on its spec and its host.</summary>
public static class CacheEndpoints
{
    /// <summary>The cache's own host name: the one in the spec, else the cache's name under the host's domain. Lower case.</summary>
    /// <param name="spec">The cache.</param>
    /// <param name="host">Its host.</param>
    /// <returns>A DNS name.</returns>
    public static string HostName(CacheSpec spec, HostIdentity host) =>
        (spec.Endpoint.HostName ?? $"{spec.Name}.{host.Domain}").ToLowerInvariant();

    /// <summary>The TLS port.</summary>
    /// <param name="spec">The cache.</param>
    /// <param name="host">Its host.</param>
    /// <returns>1..65535.</returns>
    public static int TlsPort(CacheSpec spec, HostIdentity host) => spec.Endpoint.TlsPort ?? host.TlsPort;

    /// <summary>The plain port.</summary>
    /// <param name="spec">The cache.</param>
    /// <param name="host">Its host.</param>
    /// <returns>1..65535, or <c>null</c> where the cache has none.</returns>
    public static int? PlainPort(CacheSpec spec, HostIdentity host) =>
        spec.Redis.NonSslPort ? spec.Endpoint.PlainPort ?? host.PlainPort : null;

    /// <summary>The TLS port of one node of a clustered cache.</summary>
    /// <param name="ordinal">The node.</param>
    /// <param name="host">Its host.</param>
    /// <returns>1..65535.</returns>
    public static int NodeTlsPort(int ordinal, HostIdentity host) => host.NodeTlsPort + ordinal;

    /// <summary>The plain port of one node of a clustered cache.</summary>
    /// <param name="spec">The cache.</param>
    /// <param name="ordinal">The node.</param>
    /// <param name="host">Its host.</param>
    /// <returns>1..65535, or <c>null</c> where the cache has no plain ports.</returns>
    public static int? NodePlainPort(CacheSpec spec, int ordinal, HostIdentity host) => spec.Redis.NonSslPort ? host.NodePlainPort + ordinal : null;

    /// <summary>What a client on this host connects to: <c>localhost</c>, or the address in the spec.</summary>
    /// <param name="spec">The cache.</param>
    /// <returns>A name or an address.</returns>
    public static string ConnectHost(CacheSpec spec) => spec.Endpoint.Address is { } text && IPAddress.TryParse(text, out var address)
        && !IPAddress.IsLoopback(address) && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any)
        ? address.ToString()
        : "localhost";

    /// <summary>Every endpoint that the gateway opens for a cache with as many nodes as its spec says.</summary>
    /// <param name="spec">The cache.</param>
    /// <param name="host">Its host.</param>
    /// <returns>At least one.</returns>
    public static ImmutableArray<ListenEndpoint> Listen(CacheSpec spec, HostIdentity host) =>
        Listen(spec, host, Enumerable.Range(0, spec.ShardCount * spec.NodesPerShard));

    /// <summary>Every endpoint that the gateway opens for a cache.</summary>
    /// <param name="spec">The cache.</param>
    /// <param name="host">Its host.</param>
    /// <param name="nodes">The ordinals of its nodes, which have endpoints of their own where it is clustered.</param>
    /// <returns>At least one; those of the cache before those of its nodes.</returns>
    public static ImmutableArray<ListenEndpoint> Listen(CacheSpec spec, HostIdentity host, IEnumerable<int> nodes)
    {
        var addresses = spec.Endpoint.Address is { } own ? [IPAddress.Parse(own)] : host.Addresses;
        var endpoints = addresses.Select(address => new ListenEndpoint(address, TlsPort(spec, host), Tls: true));
        if (PlainPort(spec, host) is { } plain)
        {
            endpoints = endpoints.Concat(addresses.Select(address => new ListenEndpoint(address, plain, Tls: false)));
        }

        return spec.Cluster.EnableCluster
            ? [.. endpoints, .. nodes.SelectMany(node => addresses.SelectMany(address => OfNode(spec, host, node, address)))]
            : [.. endpoints];
    }

    private static IEnumerable<ListenEndpoint> OfNode(CacheSpec spec, HostIdentity host, int node, IPAddress address)
    {
        yield return new ListenEndpoint(address, NodeTlsPort(node, host), Tls: true) { NodeOrdinal = node };
        if (NodePlainPort(spec, node, host) is { } plain)
        {
            yield return new ListenEndpoint(address, plain, Tls: false) { NodeOrdinal = node };
        }
    }
}
