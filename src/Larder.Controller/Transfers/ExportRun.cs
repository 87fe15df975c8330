using Larder.Backup.Snapshots;
using Larder.Controller.Snapshots;
using Larder.Model.Events;
using Larder.Store.Documents;

namespace Larder.Controller.Transfers;

/// <summary>Writes a cache's data to a storage: one RDB file a shard, taken on a replica where there is one; clients notice nothing.</summary>
/// <param name="context">What it works with.</param>
internal sealed class ExportRun(TransferContext context)
{
    /// <summary>Exports.</summary>
    /// <param name="transfer">What was asked for.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>One sentence on what was written.</returns>
    public async Task<string> RunAsync(TransferDocument transfer, CancellationToken cancellationToken)
    {
        if (context.Features.RdbVersion is null)
        {
            throw new TransferException("no_snapshots", $"{context.Cache} runs {context.Installation.Family}, which writes no RDB files: it cannot be exported.");
        }

        var storage = context.Storage(transfer);
        var work = context.WorkFolder(transfer);
        var bytes = 0L;
        var keys = 0L;
        var paths = new List<string>();
        try
        {
            foreach (var agent in context.Agents)
            {
                await context.Progress.SayAsync(5, $"saving shard {agent.Shard}", cancellationToken);
                var source = agent.SnapshotSource()
                    ?? throw new TransferException("no_primary", $"Shard {agent.Shard} of {context.Cache} has no primary at the moment. Try again when the cache is Ready.");
                var taken = await new SnapshotTaker(context.Services.Nodes).TakeAsync(source, Path.Combine(work, $"shard-{agent.Shard:D4}.rdb"), cancellationToken);
                var path = $"{transfer.Prefix}shard-{agent.Shard:D4}.rdb";
                var facts = await RdbInspector.InspectFileAsync(taken.Path, cancellationToken);
                await using (var file = File.OpenRead(taken.Path))
                {
                    await storage.WriteAsync(path, file, done => context.Progress.Bytes($"writing {path}", done, facts.Bytes, 20, 95), cancellationToken);
                }

                (bytes, keys) = (bytes + facts.Bytes, keys + taken.Keys);
                paths.Add(path);
            }
        }
        finally
        {
            if (Directory.Exists(work))
            {
                Directory.Delete(work, recursive: true);
            }
        }

        var said = $"{keys} keys, {bytes} bytes written to storage '{storage.Name}': {string.Join(", ", paths)}";
        context.Services.Events.Append(new CacheEvent(EventKind.DataExported, context.Cache, $"The data of {context.Cache} was exported: {said}."));
        return said;
    }
}
