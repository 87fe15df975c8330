using Garnet.server;
using Larder.GarnetHost.Configuration;
using Larder.GarnetHost.SingleShard;
using Microsoft.Extensions.Logging;

namespace Larder.GarnetHost;

/// <summary>One Garnet node: from its data folder to the orderly stop.</summary>
/// <param name="configuration">What it is to be.</param>
/// <param name="loggers">Where it logs.</param>
internal sealed partial class GarnetNode(GarnetHostConfiguration configuration, ILoggerFactory loggers)
{
    private readonly ILogger _logger = loggers.CreateLogger("Larder.GarnetHost");

    /// <summary>Runs until asked to stop.</summary>
    /// <param name="stop">Completes when it is to stop.</param>
    public async Task RunAsync(Task stop)
    {
        var folder = new DataFolder(configuration.DataFolder);
        var recover = configuration.Persistent || folder.WasLeftInOrder;
        if (!recover)
        {
            folder.Clear();
        }

        folder.MarkInUse();

        // Not disposed: Garnet's disposal waits seconds for its background tasks and saves nothing. The process ends right after.
        var server = new SingleShardServer(GarnetOptions.From(configuration, recover, loggers), loggers);
        server.Start();
        Log.Started(_logger, configuration.SocketPath, configuration.Address, configuration.Port);
        await stop;
        Log.Stopping(_logger);
        await SaveAsync(server);
        folder.MarkLeftInOrder();
        Log.Stopped(_logger);
    }

    private async Task SaveAsync(SingleShardServer server)
    {
        if (server.IsReplica)
        {
            // A replica's data is its primary's; the log it has is enough to come back from.
            await server.Store.CommitAOFAsync(CancellationToken.None);
            return;
        }

        // The committed log alone brings every write back; the checkpoint makes that quick, and keeps the log short.
        var outcome = await server.TakeCheckpointAsync(_logger);
        if (outcome != CheckpointStatus.Success)
        {
            Log.NoCheckpoint(_logger, outcome);
        }

        await server.Store.CommitAOFAsync(CancellationToken.None);
    }

    private static partial class Log
    {
        [LoggerMessage(9001, LogLevel.Information, "Started: clients of the gateway at {SocketPath}, replication at {Address}:{Port}.")]
        public static partial void Started(ILogger logger, string socketPath, string address, int port);

        [LoggerMessage(9002, LogLevel.Information, "Stopping: writing the data to disk.")]
        public static partial void Stopping(ILogger logger);

        [LoggerMessage(9003, LogLevel.Information, "Stopped in order.")]
        public static partial void Stopped(ILogger logger);

        [LoggerMessage(9004, LogLevel.Warning, "No checkpoint was taken at the stop ({Outcome}); the next start replays the log.")]
        public static partial void NoCheckpoint(ILogger logger, CheckpointStatus outcome);
    }
}
