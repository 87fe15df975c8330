using System.Net;
using Larder.Gateway.Routing;

namespace Larder.Gateway.Clusters;

/// <summary>Gives one client's redirections addresses that it can follow.</summary>
/// <param name="cache">The cache.</param>
/// <param name="local">The address that the client has connected to.</param>
/// <param name="tls">Whether the client speaks TLS.</param>
internal sealed class Redirects(CacheRuntime cache, IPAddress local, bool tls)
{
    /// <summary>Looks at an error reply.</summary>
    /// <param name="error">The reply, whole.</param>
    /// <returns>The reply for the client: the same one, where it is no redirection.</returns>
    public ReadOnlySpan<byte> Translate(ReadOnlySpan<byte> error) => cache.Cluster?.Redirect(error, local, tls) is { } own ? own : error;

    /// <summary>Where a client reaches an engine.</summary>
    /// <param name="address">The address that the engines have for it.</param>
    /// <param name="port">The port that they have for it.</param>
    /// <returns>Address and port; <c>null</c> where it is no engine of this cache.</returns>
    public (string Address, int Port)? Find(string address, int port) =>
        cache.Cluster?.PortOf(address, port, local, tls) is { } own ? (local.ToString(), own) : null;
}
