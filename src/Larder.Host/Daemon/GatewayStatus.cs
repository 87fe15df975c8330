using System.Net;
using Larder.Gateway;
using Larder.Host.Ports;
using Larder.Model.Routing;

namespace Larder.Host.Daemon;

/// <summary>Tells the controller how the gateway's listeners are, and where another process has a port, which one.</summary>
/// <param name="listeners">The listeners as they are now.</param>
/// <param name="findOwner">
/// Finds who listens on a port. It looks through all processes, so it is asked once for each time a listener fails, and a few times more where it finds nobody: a
/// process that opens and closes much while it is looked at can be missed.
/// </param>
internal sealed class GatewayStatus(Func<IReadOnlyList<ListenerSnapshot>> listeners, Func<IPAddress, int, ListeningProcess?> findOwner) : IGatewayStatus
{
    /// <summary>So often is looked for an owner that is not found.</summary>
    private const int MaxSearches = 10;

    private readonly Lock _gate = new();
    private readonly Dictionary<ListenEndpoint, (string Owner, int Searches)> _owners = [];

    /// <inheritdoc/>
    public string? ListenerProblem(ListenEndpoint endpoint)
    {
        var problem = listeners().FirstOrDefault(listener => listener.Endpoint == endpoint)?.Problem;
        lock (_gate)
        {
            if (string.IsNullOrEmpty(problem))
            {
                _owners.Remove(endpoint);
                return problem;
            }

            var (owner, searches) = _owners.GetValueOrDefault(endpoint, ("", 0));
            if (owner.Length == 0 && searches < MaxSearches)
            {
                owner = findOwner(endpoint.Address, endpoint.Port) is { } process && process.Pid != Environment.ProcessId
                    ? $"; process {process.Pid} ({process.Name}) listens there"
                    : "";
                _owners[endpoint] = (owner, searches + 1);
            }

            return problem + owner;
        }
    }
}
