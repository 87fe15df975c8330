using System.Security.Cryptography.X509Certificates;

namespace Larder.Chaos.Clients;

/// <summary>Where clients connect to, and how. The key is not printed.</summary>
/// <param name="port">The TLS port on this host.</param>
/// <param name="serverName">The name that clients ask for in the TLS handshake.</param>
/// <param name="authority">The certificate that the endpoint's own must come from.</param>
/// <param name="key">The access key.</param>
public sealed class ClientEndpoint(int port, string serverName, X509Certificate2 authority, string key)
{
    /// <summary>The TLS port on this host.</summary>
    public int Port => port;

    /// <summary>The name that clients ask for in the TLS handshake.</summary>
    public string ServerName => serverName;

    /// <summary>The certificate that the endpoint's own must come from.</summary>
    public X509Certificate2 Authority => authority;

    /// <summary>The same at another port, as clustered caches have for each node.</summary>
    public ClientEndpoint At(int other) => new(other, serverName, authority, key);

    internal string Key => key;
}
