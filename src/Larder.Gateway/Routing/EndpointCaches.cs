using System.Collections.Frozen;
using System.Collections.Immutable;
using Larder.Model.Routing;

namespace Larder.Gateway.Routing;

/// <summary>The caches of one listener. Immutable.</summary>
internal sealed class EndpointCaches
{
    private readonly FrozenDictionary<string, CacheRuntime> _byHostName;

    /// <summary>The caches that name an endpoint.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="caches">All caches, in the order of their names.</param>
    public EndpointCaches(ListenEndpoint endpoint, IEnumerable<CacheRuntime> caches)
    {
        Caches = [.. caches.Where(cache => cache.Route.Listen.Contains(endpoint))];
        var byHostName = new Dictionary<string, CacheRuntime>(StringComparer.OrdinalIgnoreCase);
        foreach (var cache in Caches)
        {
            foreach (var name in cache.Route.HostNames)
            {
                byHostName.TryAdd(name, cache);
            }
        }

        _byHostName = byHostName.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The caches, in the order of their names; may be empty while the listener is being closed.</summary>
    public ImmutableArray<CacheRuntime> Caches { get; }

    /// <summary>Which cache a client means.</summary>
    /// <param name="serverName">The TLS server name; empty or <c>null</c> where none was given.</param>
    /// <returns>The cache, or <c>null</c> where it could be several, or none is left.</returns>
    public CacheRuntime? Find(string? serverName) =>
        serverName is not null && _byHostName.TryGetValue(serverName, out var cache) ? cache
        : Caches.Length == 1 ? Caches[0]
        : null;
}
