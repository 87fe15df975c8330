using Larder.Model.Routing;

namespace Larder.Gateway;

/// <summary>One listener at one moment.</summary>
/// <param name="Endpoint">Where it listens, or is to listen.</param>
/// <param name="Problem">Empty while it is open; else a sentence that says why it cannot be opened. It is tried again by itself.</param>
public sealed record ListenerSnapshot(ListenEndpoint Endpoint, string Problem);
