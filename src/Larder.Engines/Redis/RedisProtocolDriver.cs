using Larder.Engines.Acl;
using Larder.Engines.Clusters;
using Larder.Model.Engines;
using Larder.Model.Specs;

namespace Larder.Engines.Redis;

/// <summary>What Redis and Valkey have in common, which is nearly all.</summary>
/// <param name="family">The family.</param>
/// <param name="time">The clock of the deadlines.</param>
internal sealed class RedisProtocolDriver(EngineFamily family, TimeProvider time) : IEngineDriver
{
    private const int DefaultDatabases = 16;
    private const int Terminate = 15;

    public EngineFamily Family => family;

    public EngineFeatures Describe(EngineInstallation installation) => new()
    {
        Databases = DefaultDatabases,
        Rdb = true,
        Aof = true,
        StopSignal = Terminate,
        CanPauseWrites = RedisDialect.Of(family, installation.Version).HasWritePause,
        RdbVersion = RedisDialect.Of(family, installation.Version).RdbVersion,
        Clustering = RedisDialect.Of(family, installation.Version).HasClusterBusPort,
        SplitLog = RedisDialect.Of(family, installation.Version).HasSplitLog,
    };

    public LaunchPlan Render(EngineInstallation installation, NodeConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(installation);
        ArgumentNullException.ThrowIfNull(configuration);
        var dialect = RedisDialect.Of(family, installation.Version);
        var file = Path.Combine(configuration.ConfigurationFolder, RedisFiles.Configuration);
        var users = Path.Combine(configuration.ConfigurationFolder, RedisFiles.Users);
        var files = new Dictionary<string, string>
        {
            [file] = RedisConfiguration.Render(configuration, dialect, users),
            [users] = RedisAcl.Render(configuration, dialect),
        };
        if (configuration.Cluster is { } cluster)
        {
            var primary = configuration.StartAsReplicaOf is { } target ? cluster.At(target) : null;
            files[Path.Combine(configuration.DataFolder, RedisClusterFile.Name)] = RedisClusterFile.Render(cluster, primary, dialect);
        }

        return new LaunchPlan
        {
            Files = files,
            Executable = installation.Executable,
            Arguments = [.. installation.LeadingArguments, file],
            WorkingDirectory = configuration.DataFolder,
            Links = configuration.LogFolder is { } log
                ? new Dictionary<string, string> { [Path.Combine(configuration.DataFolder, RedisFiles.LogFolder)] = log }
                : new Dictionary<string, string>(),

            // Without persistence, a snapshot of an orderly stop must not come back after a later crash.
            RemoveOnceLoaded = configuration.Persistence == PersistenceMode.Disabled
                ? [RedisFiles.SnapshotOf(configuration)]
                : [],
        };
    }

    public string SnapshotFile(NodeConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return RedisFiles.SnapshotOf(configuration);
    }

    public SnapshotPlacement PlaceSnapshot(EngineInstallation installation, NodeConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(installation);
        ArgumentNullException.ThrowIfNull(configuration);
        if (configuration.Persistence is not (PersistenceMode.Aof or PersistenceMode.AofDual))
        {
            return new SnapshotPlacement(SnapshotFile(configuration), new Dictionary<string, string>());
        }

        // A log may begin with a snapshot: as the base of a split one, or as the beginning of the one file.
        var folder = Path.Combine(configuration.DataFolder, RedisFiles.LogFolder);
        return RedisDialect.Of(family, installation.Version).HasSplitLog
            ? new SnapshotPlacement(
                Path.Combine(folder, RedisFiles.LogBase),
                new Dictionary<string, string> { [Path.Combine(folder, RedisFiles.LogManifest)] = $"file {RedisFiles.LogBase} seq 1 type b\n" })
            : new SnapshotPlacement(Path.Combine(configuration.DataFolder, RedisFiles.Log), new Dictionary<string, string>());
    }

    public IReadOnlyList<string> DataPaths(NodeConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return [.. RedisFiles.Data.Select(name => Path.Combine(configuration.DataFolder, name))];
    }

    public IEngineNode Open(NodeConfiguration configuration) => new RedisNode(configuration, time);

    public IClusterNode OpenCluster(EngineInstallation installation, NodeConfiguration configuration) =>
        new RedisClusterNode(configuration, RedisDialect.Of(family, installation.Version), time);
}
