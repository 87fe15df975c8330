using Larder.Controller.Nodes;
using Larder.Controller.Processes;
using Larder.Engines;
using Larder.Model.Specs;
using Larder.Security.Files;
using Microsoft.Extensions.Logging;

namespace Larder.Controller.Snapshots;

/// <summary>Has nodes write snapshots, over a connection of its own so that nothing else waits for it.</summary>
/// <param name="services">What it needs of the host.</param>
internal sealed partial class SnapshotTaker(NodeServices services)
{
    private static readonly TimeSpan OffsetPollInterval = TimeSpan.FromMilliseconds(5);

    /// <summary>Takes a snapshot of what was acknowledged before.</summary>
    /// <param name="source">The node; the primary is taken instead of a replica that does not catch up with it.</param>
    /// <param name="path">Where the file is to be: on the file system of the home.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The snapshot.</returns>
    /// <exception cref="EngineException">The node could not write it, or not in time.</exception>
    public async Task<TakenSnapshot> TakeAsync(SnapshotSource source, string path, CancellationToken cancellationToken)
    {
        var driver = services.Engines.For(source.Installation.Family);
        source = source.IsReplica && !await CatchesUpAsync(driver, source, cancellationToken) ? source.OnPrimary() : source;
        var written = driver.SnapshotFile(source.Configuration);
        await using var node = driver.Open(source.Configuration);
        using var limit = new CancellationTokenSource(services.Options.SnapshotLimit, services.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var probe = await node.ProbeAsync(services.Options.ProbeTimeout, either.Token);
            var begun = services.Clock.GetUtcNow();
            var work = node.SnapshotAsync(either.Token);
            await PacedProcess.PaceChildAsync(probe.ProcessId, work, services.Spare, services.Clock);
            await work;
            OwnerOnlyFile.CreateFolder(Path.GetDirectoryName(path)!);
            File.Delete(path);
            HardLink.Create(written, path);
            if (source.Configuration.Persistence == PersistenceMode.Rdb)
            {
                Share(driver, source);
            }
            else
            {
                // Not what this node is to start with.
                File.Delete(written);
            }

            return new TakenSnapshot(source, path, begun, probe.Keys);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new EngineException(
                EngineFailure.TimedOut,
                $"Node {source.Node} of {source.Configuration.Cache} did not end its snapshot within {services.Options.SnapshotLimit}; its log says how far it is.");
        }
    }

    /// <summary>
    /// A replica in sync is still behind by what is on its way to it, or waits to be applied: for a moment, and for longer where it has no processor.
    /// </summary>
    private async Task<bool> CatchesUpAsync(IEngineDriver driver, SnapshotSource source, CancellationToken cancellationToken)
    {
        await using var primary = driver.Open(source.Primary);
        await using var replica = driver.Open(source.Configuration);
        var written = await primary.ProbeAsync(services.Options.ProbeTimeout, cancellationToken);
        var began = services.Clock.GetTimestamp();
        try
        {
            while (services.Clock.GetElapsedTime(began) < services.Options.SnapshotCatchUp)
            {
                if ((await replica.ProbeAsync(services.Options.ProbeTimeout, cancellationToken)).HasAllOf(written))
                {
                    return true;
                }

                await Task.Delay(OffsetPollInterval, services.Clock, cancellationToken);
            }

            Log.Behind(services.Logger, source.Configuration.Cache, source.Shard, source.Node, services.Options.SnapshotCatchUp);
        }
        catch (EngineException exception)
        {
            Log.NoAnswer(services.Logger, source.Configuration.Cache, source.Shard, source.Node, exception.Message);
        }

        return false;
    }

    /// <summary>
    /// The other nodes get the snapshot as well: they would start with it, and the primary has not had to write one. A file is exchanged as a whole,
    /// as the engine does it; where a node writes its own at the same moment, either is good.
    /// </summary>
    private static void Share(IEngineDriver driver, SnapshotSource source)
    {
        foreach (var other in source.Others.Where(other => Directory.Exists(other.DataFolder)))
        {
            var target = driver.SnapshotFile(other);
            var beside = target + ".shared";
            File.Delete(beside);
            HardLink.Create(driver.SnapshotFile(source.Configuration), beside);
            File.Move(beside, target, overwrite: true);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3170, LogLevel.Warning, "Shard {Shard} of {Cache}: node {Node} did not catch up with its primary within {Limit}; the snapshot is taken on the primary.")]
        public static partial void Behind(ILogger logger, string cache, int shard, int node, TimeSpan limit);

        [LoggerMessage(3171, LogLevel.Warning, "Shard {Shard} of {Cache}: node {Node} does not answer, and the snapshot is taken on the primary: {Problem}")]
        public static partial void NoAnswer(ILogger logger, string cache, int shard, int node, string problem);
    }
}
