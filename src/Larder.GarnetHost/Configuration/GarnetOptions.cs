using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Numerics;
using Garnet.server;
using Garnet.server.Auth.Settings;
using Microsoft.Extensions.Logging;
using Tsavorite.core;

namespace Larder.GarnetHost.Configuration;

/// <summary>Turns the configuration into Garnet's own options.</summary>
internal static class GarnetOptions
{
    private const long Megabyte = 1L << 20;

    // Garnet's log pages: large values want large pages, an idle node wants small ones.
    private const long SmallestPageBytes = Megabyte;
    private const long LargestPageBytes = 16 * Megabyte;
    private const long LargestFirstIndexBytes = 4 * Megabyte;
    private const long SmallestSegmentBytes = 64 * Megabyte;
    private const int CommitMilliseconds = 1000;
    private const int CommitByHand = -1;
    private static readonly TimeSpan ScriptTimeLimit = TimeSpan.FromSeconds(5);

    /// <summary>Makes the options.</summary>
    /// <param name="configuration">What the node is to be.</param>
    /// <param name="recover">Whether it loads what is in its folder.</param>
    /// <param name="loggers">Where Garnet logs.</param>
    /// <returns>The options.</returns>
    public static GarnetServerOptions From(GarnetHostConfiguration configuration, bool recover, ILoggerFactory loggers)
    {
        var page = Math.Clamp(PowerOfTwoAtMost(configuration.MaxMemoryBytes / 32), SmallestPageBytes, LargestPageBytes);
        var segment = Math.Max(SmallestSegmentBytes, page);
        return new GarnetServerOptions(loggers.CreateLogger("Options"))
        {
            QuietMode = true,
            EndPoints =
            [
                new IPEndPoint(IPAddress.Parse(configuration.Address), configuration.Port),
                new UnixDomainSocketEndPoint(configuration.SocketPath),
            ],
            UnixSocketPath = configuration.SocketPath,
            UnixSocketPermission = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            NetworkConnectionLimit = configuration.MaxClients,
            AuthSettings = new AclAuthenticationPasswordSettings(configuration.AclFile, string.Empty),

            // Memory. The hash index starts small and grows with the keys.
            LogMemorySize = Bytes(configuration.MaxMemoryBytes),
            PageSize = Bytes(page),
            SegmentSize = Bytes(segment),
            ObjectLogSegmentSize = Bytes(segment),
            IndexMemorySize = Bytes(Math.Clamp(PowerOfTwoAtMost(configuration.MaxMemoryBytes / 32), Megabyte, LargestFirstIndexBytes)),
            IndexMaxMemorySize = Bytes(Math.Max(LargestFirstIndexBytes, PowerOfTwoAtMost(configuration.MaxMemoryBytes / 8))),

            // Storage. The managed device needs no native library (libaio) on the machine.
            DeviceType = DeviceType.RandomAccess,
            CheckpointDir = configuration.DataFolder,
            Recover = recover,
            FailOnRecoveryError = true,
            CheckpointFrequencySecs = configuration.CheckpointSeconds,

            // Replication ships the append-only log, so that there is one whatever the persistence.
            EnableAOF = true,
            AofMemorySize = Bytes(4 * page),
            AofPageSize = Bytes(2 * page),
            AofSegmentSize = Bytes(segment),
            AofSizeLimit = Bytes(Math.Max(SmallestSegmentBytes, configuration.MaxMemoryBytes)),
            CommitFrequencyMs = configuration.Persistent ? CommitMilliseconds : CommitByHand,
            EnableCluster = true,

            // Who follows whom is for Larder to say at each start: no memory of an earlier topology may speak against it.
            CleanClusterConfig = true,
            ClusterUsername = configuration.ClusterUser,
            ClusterPassword = configuration.ClusterPassword,
            GossipDelay = 1,
            ClusterTimeout = 60,

            // A replica applies what it receives before it takes more; replayed in the background, the last writes before a failover
            // would be in its log and not in its data.
            AofReplayMaxLagBytes = 0,
            OnDemandCheckpoint = true,
            ReplicaDisklessSync = true,
            ReplicaDisklessSyncDelay = 0,

            // How long the log waits before it is shipped on: the primary polls, and the default of 5 ms costs an idle node 7 % of a core.
            ReplicaSyncDelayMs = 20,
            ClusterReplicationReestablishmentTimeout = 1,

            EnableLua = true,
            LuaOptions = new LuaOptions(
                LuaMemoryManagementMode.Native, string.Empty, ScriptTimeLimit, LuaLoggingMode.Silent, [], loggers.CreateLogger("Lua")),
        };
    }

    private static long PowerOfTwoAtMost(long value) => value < 1 ? 1 : 1L << BitOperations.Log2((ulong)value);

    private static string Bytes(long count) => count.ToString(CultureInfo.InvariantCulture);
}
