using Larder.Engines;
using Larder.Model.Engines;
using Larder.Model.Installation;
using Larder.Model.Specs;
using Larder.Store.Documents;

namespace Larder.Controller.Caches;

/// <summary>From spec, placement and secrets to what one engine node is to be. Pure.</summary>
internal static class NodeConfigurations
{
    /// <summary>Describes a node.</summary>
    /// <param name="document">The cache.</param>
    /// <param name="node">The node's placement.</param>
    /// <param name="secrets">The cache's secrets.</param>
    /// <param name="home">The installation's folders.</param>
    /// <param name="driver">The node's engine.</param>
    /// <param name="installation">The node's engine version.</param>
    /// <returns>The configuration.</returns>
    public static NodeConfiguration Of(
        CacheDocument document, NodeDocument node, CacheSecrets secrets, LarderHome home, IEngineDriver driver, EngineInstallation installation)
    {
        var spec = document.Spec;
        var folder = home.NodeFolder(spec.Name, node.Ordinal);
        return new NodeConfiguration
        {
            Cache = spec.Name,
            Ordinal = node.Ordinal,
            DataFolder = Path.Combine(folder, "data"),
            ConfigurationFolder = Path.Combine(folder, "conf"),
            SocketPath = home.NodeSocket(document.Uid, node.Ordinal),
            ReplicationAddress = node.ReplicationAddress,
            ReplicationPort = node.ReplicationPort,
            MaxMemoryBytes = CapacitySizes.UsableBytes(spec),
            MaxClients = CapacitySizes.MaxClients(spec.Redis.Capacity),
            Databases = Math.Min(CapacitySizes.MaxDatabases(spec.Redis.Capacity), driver.Describe(installation).Databases),
            Persistence = spec.Redis.Persistence,
            SnapshotMinutes = spec.Redis.RdbPersistence,
            InternalUser = new EngineUser("larder", secrets.InternalPassword),
            GatewayUser = new EngineUser("gateway", secrets.GatewayPassword),
        };
    }
}
