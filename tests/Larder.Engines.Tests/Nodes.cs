using Larder.Model;
using Larder.Model.Engines;
using Larder.Model.Specs;

namespace Larder.Engines.Tests;

/// <summary>Configurations for tests.</summary>
internal static class Nodes
{
    public static NodeConfiguration Configuration(string root, int ordinal = 0, int port = 7000, PersistenceMode persistence = PersistenceMode.Disabled) => new()
    {
        Cache = "orders",
        Ordinal = ordinal,
        DataFolder = $"{root}/{ordinal}/data",
        ConfigurationFolder = $"{root}/{ordinal}/conf",
        SocketPath = $"{root}/{ordinal}.sock",
        ReplicationAddress = "127.0.0.1",
        ReplicationPort = port,
        MaxMemoryBytes = 64L << 20,
        MaxClients = 1000,
        Persistence = persistence,
        SnapshotMinutes = persistence == PersistenceMode.Rdb ? 15 : null,
        InternalUser = new EngineUser("larder-internal", new Secret("00112233445566778899aabbccddeeff")),
        GatewayUser = new EngineUser("larder-gateway", new Secret("ffeeddccbbaa99887766554433221100")),
    };

    public static EngineInstallation Installation(EngineFamily family, string version) => new()
    {
        Family = family,
        Version = Version.Parse(version),
        ServerPath = "/engines/bin/server",
        Executable = "/engines/lib/ld-linux-x86-64.so.2",
        LeadingArguments = ["--library-path", "/engines/lib", "/engines/bin/server"],
        Origin = "/engines",
    };
}
