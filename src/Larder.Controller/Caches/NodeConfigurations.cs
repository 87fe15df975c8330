using Larder.Backup.Storages;
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
    /// <param name="storages">Where second logs go.</param>
    /// <param name="driver">The node's engine.</param>
    /// <param name="installation">The node's engine version.</param>
    /// <returns>The configuration.</returns>
    public static NodeConfiguration Of(
        CacheDocument document, NodeDocument node, CacheSecrets secrets, LarderHome home, StorageCatalogue storages, IEngineDriver driver,
        EngineInstallation installation)
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
            LogFolder = LogFolder(document, node, storages),
            HistoryWindow = TimeSpan.FromHours(spec.Backup.WindowHours),
            InternalUser = new EngineUser("larder", secrets.InternalPassword),
            GatewayUser = new EngineUser("gateway", secrets.GatewayPassword),
            ClientUsers = [.. spec.Access.Users.Keys.Select(user => (Name: user, Permissions: spec.Access.PermissionsOf(user)))
                .Where(user => user.Permissions is not null)
                .Select(user => new ClientUser(user.Name, user.Permissions!))],
        };
    }

    /// <summary>Where the second logs of a cache are.</summary>
    /// <param name="document">The cache.</param>
    /// <param name="storages">The storages.</param>
    /// <returns>The folder, or <c>null</c> where it has none.</returns>
    /// <exception cref="InvalidOperationException">The storage is not in the settings any more.</exception>
    public static string? SecondLogs(CacheDocument document, StorageCatalogue storages) =>
        document.Spec.Redis.Persistence != PersistenceMode.AofDual ? null
        : storages.Find(document.Spec.Backup.SecondStorage) is FolderStorage second
            ? Path.Combine(second.Root, "logs", $"{document.Spec.Name.ToLowerInvariant()}-{document.Uid[..8]}")
            : throw new InvalidOperationException(
                $"The logs of {document.Spec.Name}'s replicas are in the storage '{document.Spec.Backup.SecondStorage}', which is no folder in larder.json. Put it back there.");

    // The nodes that begin as replicas: which of them is the primary later, each storage has a log of a node that was in sync.
    private static string? LogFolder(CacheDocument document, NodeDocument node, StorageCatalogue storages) =>
        node.Ordinal % document.Spec.NodesPerShard == 0 ? null
        : SecondLogs(document, storages) is { } folder ? Path.Combine(folder, $"shard-{node.Shard:D4}", $"node-{node.Ordinal}") : null;
}
