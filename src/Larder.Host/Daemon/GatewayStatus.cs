using Larder.Gateway;
using Larder.Model.Routing;

namespace Larder.Host.Daemon;

/// <summary>Tells the controller how the gateway's listeners are.</summary>
/// <param name="gateway">The gateway.</param>
internal sealed class GatewayStatus(GatewayServer gateway) : IGatewayStatus
{
    /// <inheritdoc/>
    public string? ListenerProblem(ListenEndpoint endpoint) =>
        gateway.Snapshot().Listeners.FirstOrDefault(listener => listener.Endpoint == endpoint)?.Problem;
}
