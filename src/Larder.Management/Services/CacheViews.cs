using Larder.Management.Contracts;
using Larder.Model.Engines;
using Larder.Model.Installation;
using Larder.Model.Routing;
using Larder.Model.Specs;
using Larder.Model.Status;
using Larder.Store.Documents;

namespace Larder.Management.Services;

/// <summary>Turns what is stored and what was seen into what is shown.</summary>
/// <param name="host">This host.</param>
/// <param name="home">The installation's folders.</param>
/// <param name="statuses">What was seen.</param>
/// <param name="catalogue">The engines.</param>
internal sealed class CacheViews(HostIdentity host, LarderHome home, IStatusSource statuses, IEngineCatalogue catalogue)
{
    /// <summary>Shows one cache.</summary>
    /// <param name="document">The cache.</param>
    /// <returns>The view.</returns>
    public CacheView Of(CacheDocument document)
    {
        var spec = document.Spec;
        var status = statuses.Find(spec.Name) ?? new CacheStatus { State = CacheState.Creating, Message = "accepted" };
        var installation = catalogue.Current.Installations.FirstOrDefault(
            engine => engine.Family.ToString().Equals(status.Engine, StringComparison.OrdinalIgnoreCase)
                && engine.Version.ToString() == status.Version);
        return new CacheView
        {
            Name = spec.Name,
            State = document.Deleting ? CacheState.Deleting : status.State,
            Message = status.Message,
            Engine = status.Engine,
            Version = status.Version,
            Endpoint = new EndpointView(
                CacheEndpoints.ConnectHost(spec),
                CacheEndpoints.HostName(spec, host),
                CacheEndpoints.TlsPort(spec, host),
                CacheEndpoints.PlainPort(spec, host),
                spec.Certificate is null ? home.CaFile : null),
            Shards = [.. status.Shards.Select(shard => new ShardView(
                shard.Id, shard.Epoch, shard.Slots, [.. shard.Nodes.Select(ViewOf)]))],
            MemoryBytes = CapacitySizes.NodeBytes(spec),
            MaxClients = CapacitySizes.MaxClients(spec.Redis.Capacity),
            Limitations = installation is null ? [] : catalogue.LimitationsOf(installation),
            Alarms = status.Alarms,
            Backup = status.Backup,
            Scaling = status.Scaling,
            CreatedAt = document.CreatedAt,
            Spec = spec,
            OperationId = document.OperationId,
        };
    }

    private static NodeView ViewOf(NodeStatus node) => new(
        node.Ordinal, node.Role == NodeRole.Primary ? "primary" : "replica", node.State, node.Host, node.Zone, node.Pid, node.TlsPort,
        node.PlainPort, node.ReplicationOffset, node.LagBytes, node.UsedMemoryBytes, node.Keys, node.Restarts, node.Message)
    {
        OperationsPerSecond = node.OperationsPerSecond,
    };
}
