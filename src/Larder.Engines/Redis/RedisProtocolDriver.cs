using Larder.Engines.Acl;
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
    };

    public LaunchPlan Render(EngineInstallation installation, NodeConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(installation);
        ArgumentNullException.ThrowIfNull(configuration);
        var dialect = RedisDialect.Of(family, installation.Version);
        var file = Path.Combine(configuration.ConfigurationFolder, RedisFiles.Configuration);
        var users = Path.Combine(configuration.ConfigurationFolder, RedisFiles.Users);
        return new LaunchPlan
        {
            Files = new Dictionary<string, string>
            {
                [file] = RedisConfiguration.Render(configuration, dialect, users),
                [users] = RedisAcl.Render(configuration, dialect),
            },
            Executable = installation.Executable,
            Arguments = [.. installation.LeadingArguments, file],
            WorkingDirectory = configuration.DataFolder,

            // Without persistence, a snapshot of an orderly stop must not come back after a later crash.
            RemoveOnceLoaded = configuration.Persistence == PersistenceMode.Disabled
                ? [Path.Combine(configuration.DataFolder, RedisFiles.Snapshot)]
                : [],
        };
    }

    public IReadOnlyList<string> DataPaths(NodeConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return [.. RedisFiles.Data.Select(name => Path.Combine(configuration.DataFolder, name))];
    }

    public IEngineNode Open(NodeConfiguration configuration) => new RedisNode(configuration, time);
}
