using System.Net;

namespace Larder.Model.Routing;

/// <summary>An address and port the gateway listens on. Caches that name the same one share it by SNI.</summary>
/// <param name="Address">A local address.</param>
/// <param name="Port">1..65535.</param>
/// <param name="Tls">Whether clients speak TLS here.</param>
public sealed record ListenEndpoint(IPAddress Address, int Port, bool Tls)
{
    /// <summary>
    /// Of a clustered cache: the node that clients mean by this port, whatever its role is; <c>null</c> where they mean the cache.
    /// </summary>
    public int? NodeOrdinal { get; init; }
}
