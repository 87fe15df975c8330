namespace Larder.GarnetHost.Configuration;

/// <summary>What a Garnet node is to be: the document in the configuration file, written by the engine driver. It carries a password.</summary>
internal sealed record GarnetHostConfiguration
{
    /// <summary>The form this program reads.</summary>
    public const int CurrentForm = 1;

    /// <summary>Version of this document's form.</summary>
    public required int Form { get; init; }

    /// <summary>Absolute path of the folder for log, checkpoints and cluster state.</summary>
    public required string DataFolder { get; init; }

    /// <summary>The unix socket to listen on.</summary>
    public required string SocketPath { get; init; }

    /// <summary>IP address to listen on for replication.</summary>
    public required string Address { get; init; }

    /// <summary>Port to listen on for replication.</summary>
    public required int Port { get; init; }

    /// <summary>The file with the users.</summary>
    public required string AclFile { get; init; }

    /// <summary>User that nodes authenticate to each other as.</summary>
    public required string ClusterUser { get; init; }

    /// <summary>Its password.</summary>
    public required string ClusterPassword { get; init; }

    /// <summary>Memory limit for data, in bytes.</summary>
    public required long MaxMemoryBytes { get; init; }

    /// <summary>The most connections.</summary>
    public required int MaxClients { get; init; }

    /// <summary>Whether data survives a killed process: the log is then on disk within a second of each write.</summary>
    public required bool Persistent { get; init; }

    /// <summary>Seconds between checkpoints; 0 for none besides those that the growth of the log asks for.</summary>
    public required int CheckpointSeconds { get; init; }
}
