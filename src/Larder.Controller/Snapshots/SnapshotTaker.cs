using Larder.Controller.Nodes;
using Larder.Controller.Processes;
using Larder.Engines;
using Larder.Model.Specs;
using Larder.Security.Files;

namespace Larder.Controller.Snapshots;

/// <summary>Has nodes write snapshots, over a connection of its own so that nothing else waits for it.</summary>
/// <param name="services">What it needs of the host.</param>
internal sealed class SnapshotTaker(NodeServices services)
{
    /// <summary>Takes a snapshot.</summary>
    /// <param name="source">The node.</param>
    /// <param name="path">Where the file is to be: on the file system of the home.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The snapshot.</returns>
    /// <exception cref="EngineException">The node could not write it, or not in time.</exception>
    public async Task<TakenSnapshot> TakeAsync(SnapshotSource source, string path, CancellationToken cancellationToken)
    {
        var driver = services.Engines.For(source.Installation.Family);
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
}
