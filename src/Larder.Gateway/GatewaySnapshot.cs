using System.Collections.Immutable;

namespace Larder.Gateway;

/// <summary>What the gateway is doing at one moment.</summary>
/// <param name="Listeners">Its listeners, by address and port.</param>
/// <param name="Caches">The caches it serves, by name.</param>
/// <param name="Totals">What it counted since it was started.</param>
public sealed record GatewaySnapshot(ImmutableArray<ListenerSnapshot> Listeners, ImmutableArray<CacheSnapshot> Caches, GatewayTotals Totals);
