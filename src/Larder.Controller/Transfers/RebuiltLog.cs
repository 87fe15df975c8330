using System.Collections;
using Larder.Backup.History;
using Larder.Controller.Caches;
using Larder.Controller.Clusters;
using Larder.Controller.Processes;
using Larder.Controller.Recovery;
using Larder.Controller.Snapshots;
using Larder.Engines.Redis;
using Larder.Model.Clusters;
using Larder.Model.Specs;
using Larder.Security.Files;
using Larder.Store;
using Larder.Store.Documents;

namespace Larder.Controller.Transfers;

/// <summary>
/// Rebuilds the state of a second from the kept past of a cache's logs, shard by shard: base, increments up to that second, loaded by an engine of its own, saved as a
/// snapshot. What was written in the second itself is in it.
/// </summary>
/// <param name="context">What it works with: the cache that gets the data.</param>
/// <param name="folder">A folder of its own.</param>
internal sealed class RebuiltLog(TransferContext context, string folder)
{
    // The second itself, and that an engine which flushes every second puts a write off for less than three while the flush before it takes long
    // (flushAppendOnlyFile in Redis' aof.c: two, counted in whole seconds).
    private static readonly TimeSpan WrittenAfter = TimeSpan.FromSeconds(4);

    /// <summary>Rebuilds.</summary>
    /// <param name="source">The cache whose log it is.</param>
    /// <param name="at">The second.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A snapshot for each shard that the cache had then.</returns>
    /// <exception cref="TransferException">The second is not in the window, or a log cannot be read.</exception>
    public async Task<List<SourceFile>> RunAsync(string source, DateTimeOffset at, CancellationToken cancellationToken)
    {
        await WaitUntilWrittenAsync(at, cancellationToken);
        var nodes = (await new CachePlacement(context.Services).FindAsync(source, cancellationToken)).ToDictionary(node => node.Ordinal, node => node.Shard);
        var histories = HistoryFolders.Of(context.Services.Home, context.Services.Storages, source)
            .Where(history => nodes.ContainsKey(HistoryFolders.NodeOf(history)))
            .ToLookup(history => nodes[HistoryFolders.NodeOf(history)]);
        var map = await SlotsThenAsync(source, at, cancellationToken);
        var rebuilt = new List<SourceFile>();
        foreach (var shard in nodes.Values.Distinct().Where(shard => map is null || map.CountOf(shard) > 0).Order())
        {
            var whose = map is null ? source : $"shard {shard} of {source}";
            var found = HistoryFolders.Choose(histories[shard], at)
                ?? throw new TransferException("not_in_window", $"The history of the log of {whose} does not reach back to {at:u}.");
            var snapshot = Path.Combine(folder, $"shard-{shard:D4}.rdb");
            await RebuildAsync(found, whose, at, Path.Combine(folder, "rebuild"), snapshot, cancellationToken);

            // What a shard had no more, or not yet, is another one's to say.
            rebuilt.Add(new SourceFile(snapshot, $"the log of {whose}", map is null ? null : SlotsOf(map, shard)));
        }

        return rebuilt;
    }

    private async Task<SlotMap?> SlotsThenAsync(string source, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var key = StoreKeys.Cluster(source);
        if (await context.Services.Store.GetAsync(key, cancellationToken) is not { } entry)
        {
            return null;
        }

        var (map, problem) = PastSlots.At(StoreCodec.Decode<ClusterDocument>(key, entry.Value, DocumentSchemas.Current), at);
        return map ?? throw new TransferException("slots_moved", $"The state of {source} at {at:u} cannot be rebuilt: {problem}");
    }

    private static BitArray SlotsOf(SlotMap map, int shard)
    {
        var slots = new BitArray(SlotRange.Slots);
        foreach (var slot in map.SlotsOf(shard))
        {
            slots[slot] = true;
        }

        return slots;
    }

    private async Task RebuildAsync(
        (LogHistory History, LogMoment Moment) found, string whose, DateTimeOffset at, string work, string snapshot, CancellationToken cancellationToken)
    {
        if (Directory.Exists(work))
        {
            Directory.Delete(work, recursive: true);
        }

        var log = Path.Combine(work, "data", RedisFiles.LogFolder);
        OwnerOnlyFile.CreateFolder(log);
        var lines = new List<string>();
        if (found.Moment.Base is { } first)
        {
            HardLink.Create(Path.Combine(found.History.Folder, first), Path.Combine(log, RedisFiles.LogBase));
            lines.Add($"file {RedisFiles.LogBase} seq 1 type b");
        }

        for (var index = 0; index < found.Moment.Increments.Length; index++)
        {
            var path = Path.Combine(found.History.Folder, found.Moment.Increments[index]);
            var scan = await LogScanner.ScanAsync(path, at, cancellationToken);
            if (scan.Problem.Length > 0)
            {
                throw new TransferException("damaged_log", $"The history of the log of {whose} is damaged: '{path}': {scan.Problem}.");
            }

            var name = $"{RedisFiles.Log}.{index + 1}.incr.aof";
            await CopyAsync(path, Path.Combine(log, name), scan.ValidUpTo, cancellationToken);
            lines.Add($"file {name} seq {index + 1} type i");
            if (scan.ValidUpTo < scan.Bytes)
            {
                break;
            }
        }

        OwnerOnlyFile.Write(Path.Combine(log, RedisFiles.LogManifest), string.Join('\n', lines) + "\n");
        await using var sandbox = await EngineSandbox.StartAsync(
            context.Cache, context.Installation, work, context.Services.Home.WorkSocket(context.Cache, "rebuild"), PersistenceMode.Aof, context.Services.Nodes,
            cancellationToken);
        await sandbox.LoadedAsync(probe => context.Progress.Keys($"rebuilding {whose}", probe.Keys, 0, 20, 40), cancellationToken);
        await sandbox.Node.SnapshotAsync(cancellationToken);
        HardLink.Create(context.Services.Nodes.Engines.For(context.Installation.Family).SnapshotFile(sandbox.Configuration), snapshot);
    }

    private async Task WaitUntilWrittenAsync(DateTimeOffset at, CancellationToken cancellationToken)
    {
        var left = at + WrittenAfter - context.Services.Clock.GetUtcNow();
        if (left > TimeSpan.Zero)
        {
            await context.Progress.SayAsync(15, $"waiting for {left.TotalSeconds:0.#} s until all of that second is in the log", cancellationToken);
            await Task.Delay(left, context.Services.Clock, cancellationToken);
        }
    }

    private static async Task CopyAsync(string from, string to, long bytes, CancellationToken cancellationToken)
    {
        await using var source = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        await using var target = new FileStream(to, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnlyFile.PrivateMode });
        var buffer = new byte[1 << 20];
        while (bytes > 0 && await source.ReadAsync(buffer.AsMemory(0, (int)Math.Min(bytes, buffer.Length)), cancellationToken) is var read and > 0)
        {
            await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            bytes -= read;
        }
    }
}
