using Larder.Backup.History;
using Larder.Controller.Processes;
using Larder.Controller.Recovery;
using Larder.Controller.Snapshots;
using Larder.Engines.Redis;
using Larder.Model.Specs;
using Larder.Security.Files;

namespace Larder.Controller.Transfers;

/// <summary>
/// Rebuilds the state of a second from the kept past of a cache's log: base, increments up to that second, loaded by an engine of its own, saved as a
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
    /// <param name="snapshot">Where the snapshot is to be.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Keys in it.</returns>
    /// <exception cref="TransferException">The second is not in the window, or the log cannot be read.</exception>
    public async Task<long> RunAsync(string source, DateTimeOffset at, string snapshot, CancellationToken cancellationToken)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        await WaitUntilWrittenAsync(at, cancellationToken);
        var found = HistoryFolders.Choose(HistoryFolders.Of(context.Services.Home, context.Services.Storages, source), at)
            ?? throw new TransferException("not_in_window", $"The history of {source}'s log does not reach back to {at:u}.");
        var log = Path.Combine(folder, "data", RedisFiles.LogFolder);
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
                throw new TransferException("damaged_log", $"The history of {source}'s log is damaged: '{path}': {scan.Problem}.");
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
            context.Cache, context.Installation, folder, context.Services.Home.WorkSocket(context.Cache, "rebuild"), PersistenceMode.Aof, context.Services.Nodes,
            cancellationToken);
        var keys = (await sandbox.LoadedAsync(probe => context.Progress.Keys("rebuilding", probe.Keys, 0, 20, 55), cancellationToken)).Keys;
        await sandbox.Node.SnapshotAsync(cancellationToken);
        File.Delete(snapshot);
        HardLink.Create(context.Services.Nodes.Engines.For(context.Installation.Family).SnapshotFile(sandbox.Configuration), snapshot);
        return keys;
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
