using System.Text.Json;
using Larder.Engines.Acl;
using Larder.Model.Engines;
using Larder.Model.Specs;

namespace Larder.Engines.Garnet;

/// <summary>The embedded Garnet host.</summary>
/// <param name="time">The clock of the deadlines.</param>
internal sealed class GarnetDriver(TimeProvider time) : IEngineDriver
{
    private const string ConfigurationFile = "garnet.json";
    private const string UsersFile = "users.acl";
    private static readonly string[] DataNames = ["AOF", "Store", "cluster"];

    private const int Terminate = 15;
    private const int ReservedClients = 32;
    private const int ConfigurationForm = 1;

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    private static readonly EngineFeatures Features = new()
    {
        Databases = 1,
        Rdb = true,
        Aof = true,
        StopSignal = Terminate,

        // It asks its new primary for a part of the log that was cut off there, and never comes to an end with it.
        FollowsInPlace = false,

        // A node that comes with a log of its own asks for what its primary does not have; one that comes empty is given everything.
        AttachesEmpty = true,

        // Measured: transactions that are written while a replica attaches are now and then applied twice on it.
        SyncsUnderWrites = false,
        CanRaiseMemory = false,
        Limitations =
        [
            "Garnet has no streams (XADD, XREAD and the like).",
            "Garnet has no functions (FUNCTION, FCALL); scripts (EVAL, EVALSHA) work.",
            "Garnet replicates one database: SELECT of another one than 0 is refused.",
            "Garnet has no WAIT, so that the durability 'quorum' needs Redis or Valkey.",
            "Garnet has no keyspace notifications.",
            "Garnet has no users for a part of the keys, and none for a part of the channels.",
            "Commands wait while a Garnet replica attaches (about a second, at most 2 s): it would apply a transaction twice that is written meanwhile.",
            "Garnet has no RDB files: it keeps its snapshots in the node's own folder; backups in a storage, export and import need Redis or Valkey.",
            "Garnet evicts the oldest written data when its memory is full, whether or not it has an expiry.",
        ],
    };

    public EngineFamily Family => EngineFamily.Garnet;

    public EngineFeatures Describe(EngineInstallation installation) => Features;

    public LaunchPlan Render(EngineInstallation installation, NodeConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(installation);
        ArgumentNullException.ThrowIfNull(configuration);
        var file = Path.Combine(configuration.ConfigurationFolder, ConfigurationFile);
        var users = Path.Combine(configuration.ConfigurationFolder, UsersFile);
        return new LaunchPlan
        {
            Files = new Dictionary<string, string>
            {
                [file] = JsonSerializer.Serialize(Document(configuration, users), Json) + "\n",
                [users] = GarnetAcl.Render(configuration),
            },
            Executable = installation.Executable,
            Arguments = [.. installation.LeadingArguments, file],
            WorkingDirectory = configuration.DataFolder,
        };
    }

    public string SnapshotFile(NodeConfiguration configuration) => throw new EngineException(
        EngineFailure.Refused, $"{NodeName.Of(configuration)} is Garnet, which has no RDB files.");

    public SnapshotPlacement PlaceSnapshot(EngineInstallation installation, NodeConfiguration configuration) => throw new EngineException(
        EngineFailure.Refused, $"{NodeName.Of(configuration)} is Garnet, which has no RDB files.");

    public IReadOnlyList<string> DataPaths(NodeConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return [.. DataNames.Select(name => Path.Combine(configuration.DataFolder, name))];
    }

    public IEngineNode Open(NodeConfiguration configuration) => new GarnetNode(configuration, time);

    // The host's form, one level of names and values. Its password is why the file is for its owner alone.
    private static Dictionary<string, object> Document(NodeConfiguration node, string users) => new()
    {
        ["form"] = ConfigurationForm,
        ["dataFolder"] = node.DataFolder,
        ["socketPath"] = node.SocketPath,
        ["address"] = node.ReplicationAddress,
        ["port"] = node.ReplicationPort,
        ["aclFile"] = users,
        ["clusterUser"] = node.InternalUser.Name,
        ["clusterPassword"] = node.InternalUser.Password.Reveal(),
        ["maxMemoryBytes"] = node.MaxMemoryBytes,
        ["maxClients"] = node.MaxClients + ReservedClients,
        ["persistent"] = node.Persistence != PersistenceMode.Disabled,
        ["checkpointSeconds"] = node.Persistence == PersistenceMode.Rdb ? (node.SnapshotMinutes ?? 0) * 60 : 0,
    };
}
