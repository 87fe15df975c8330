using System.Runtime.CompilerServices;
using Garnet;
using Garnet.server;
using Microsoft.Extensions.Logging;

namespace Larder.GarnetHost.SingleShard;

/// <summary>
/// A Garnet server that replicates, and yet takes commands whose keys are in different slots.
/// </summary>
/// <remarks>
/// Garnet replicates in cluster mode only, and in cluster mode it refuses MSET, MULTI, scripts and all other commands whose keys hash to
/// different slots. A cache that is not clustered has all slots on one primary, where that check protects nothing. The server is built as
/// usual; before it starts, its cluster provider is wrapped so that each session checks who owns the slots, not whether keys share one.
/// </remarks>
internal sealed class SingleShardServer : GarnetServer
{
    /// <summary>Builds the server; <see cref="GarnetServer.Start"/> opens its doors.</summary>
    /// <param name="options">Its options, with cluster mode on.</param>
    /// <param name="loggers">Where it logs.</param>
    public SingleShardServer(GarnetServerOptions options, ILoggerFactory loggers)
        : base(options, loggers)
    {
        ref var provider = ref ClusterProviderOf(storeWrapper);
        provider = new SingleShardClusterProvider(provider);
    }

    /// <summary>Whether this node follows another one at the moment.</summary>
    public bool IsReplica => ClusterProviderOf(storeWrapper).IsReplica();

    /// <summary>Takes a checkpoint, so that the data is there at the next start.</summary>
    /// <param name="logger">Where it logs.</param>
    /// <returns>What became of it.</returns>
    public Task<CheckpointStatus> TakeCheckpointAsync(ILogger logger) => storeWrapper.TakeCheckpointAsync(false, -1, CancellationToken.None, logger);

    // The one place that is not public in Garnet: the field that holds the cluster provider. If a later version drops it, the start
    // fails with MissingFieldException at once, and not later with a wrong answer.
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "clusterProvider")]
    private static extern ref IClusterProvider ClusterProviderOf(StoreWrapper store);
}
