namespace Larder.Model.Routing;

/// <summary>What the gateway says of its listeners. Thread-safe.</summary>
public interface IGatewayStatus
{
    /// <summary>Whether a listener is open.</summary>
    /// <param name="endpoint">One that a route names.</param>
    /// <returns><c>null</c> while it is not yet known, an empty text where it is open, else why it cannot be opened.</returns>
    string? ListenerProblem(ListenEndpoint endpoint);
}
