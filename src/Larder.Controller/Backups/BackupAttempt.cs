using System.Collections.Immutable;
using Larder.Backup.Catalogue;
using Larder.Backup.Snapshots;
using Larder.Backup.Storages;
using Larder.Controller.Caches;
using Larder.Controller.Processes;
using Larder.Controller.Snapshots;
using Larder.Store.Documents;

namespace Larder.Controller.Backups;

/// <summary>
/// One backup of a cache, from the nodes to the storage:
/// <code>
/// snapshot on a replica -> form, checksum, the engine's tool, now and then a trial load -> storage -> read back and compared -> manifest
/// </code>
/// A failure after the snapshot leaves it on this host: the next try within the limit goes on with it, and the storage with what it has of it.
/// </summary>
/// <param name="services">What it needs.</param>
/// <param name="cache">The cache's name.</param>
/// <param name="workFolder">A folder of its own on this host.</param>
internal sealed class BackupAttempt(CacheServices services, string cache, string workFolder)
{
    private static readonly TimeSpan ReuseLimit = TimeSpan.FromMinutes(10);
    private const long TrialEvery = 8;

    private ImmutableArray<TakenSnapshot> _taken = [];
    private string _id = "";

    /// <summary>Takes a backup.</summary>
    /// <param name="document">The cache.</param>
    /// <param name="sources">The nodes, one for each shard.</param>
    /// <param name="count">Good backups so far: decides whether this one is loaded for a trial.</param>
    /// <param name="progress">Told bytes done and all bytes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The backup, complete and checked in its storage.</returns>
    public async Task<BackupManifest> RunAsync(
        CacheDocument document, ImmutableArray<SnapshotSource> sources, long count, Action<long, long> progress, CancellationToken cancellationToken)
    {
        var storage = services.Storages.Get(document.Spec.Backup.Storage);
        await TakeAsync(document, sources, cancellationToken);
        var check = new SnapshotCheck(services.Nodes);
        var facts = new List<RdbFacts>();
        foreach (var taken in _taken)
        {
            facts.Add(await check.RunAsync(taken.Path, taken.Source.Installation, services.Home.ToolsFolder(taken.Source.Installation), cancellationToken));
        }

        var trial = count % TrialEvery == 0 && await TryLoadAsync(cancellationToken);
        var all = facts.Sum(fact => fact.Bytes);
        var done = 0L;
        var shards = ImmutableArray.CreateBuilder<BackupShard>();
        foreach (var (taken, fact) in _taken.Zip(facts))
        {
            var path = BackupPaths.Shard(cache, _id, taken.Source.Shard);
            var before = done;
            await using (var file = File.OpenRead(taken.Path))
            {
                await storage.WriteAsync(path, file, bytes => progress(before + bytes, all), cancellationToken);
            }

            await CompareAsync(storage, path, fact, cancellationToken);
            done += fact.Bytes;
            shards.Add(new BackupShard
            {
                Shard = taken.Source.Shard,
                Path = path,
                Bytes = fact.Bytes,
                Sha256 = fact.Sha256,
                RdbVersion = fact.Version,
                Keys = taken.Keys,
                Node = taken.Source.Node,
                TakenOnReplica = taken.Source.IsReplica,
            });
        }

        var backup = new BackupManifest
        {
            Id = _id,
            Cache = document.Spec.Name,
            CacheUid = document.Uid,
            Engine = _taken[0].Source.Installation.Family.ToString().ToLowerInvariant(),
            EngineVersion = _taken[0].Source.Installation.Version.ToString(),
            TakenAt = _taken.Min(taken => taken.TakenAt),
            EndedAt = services.Clock.GetUtcNow(),
            TrialLoaded = trial,
            Shards = shards.ToImmutable(),
        };
        await new BackupCatalogue(storage).CommitAsync(backup, cancellationToken);
        await ForgetAsync(cancellationToken);
        return backup;
    }

    /// <summary>Removes what an attempt has left on this host, an earlier daemon's too: processes and files.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task ForgetAsync(CancellationToken cancellationToken)
    {
        _taken = [];
        if (Directory.Exists(workFolder))
        {
            foreach (var folder in Directory.EnumerateDirectories(workFolder))
            {
                await (folder == TrialFolder
                    ? EngineSandbox.EndAsync(folder, services.Nodes, cancellationToken)
                    : FolderRemnants.EndAsync(folder, services.Nodes.ExitWatcher, cancellationToken));
            }

            Directory.Delete(workFolder, recursive: true);
        }
    }

    private string TrialFolder => Path.Combine(workFolder, "trial");

    private async Task TakeAsync(CacheDocument document, ImmutableArray<SnapshotSource> sources, CancellationToken cancellationToken)
    {
        if (!_taken.IsEmpty && services.Clock.GetUtcNow() - _taken[0].TakenAt < ReuseLimit && _taken.All(taken => File.Exists(taken.Path)))
        {
            return;
        }

        await ForgetAsync(cancellationToken);
        var taker = new SnapshotTaker(services.Nodes);
        var taken = ImmutableArray.CreateBuilder<TakenSnapshot>();
        foreach (var source in sources)
        {
            taken.Add(await taker.TakeAsync(source, Path.Combine(workFolder, $"shard-{source.Shard:D4}.rdb"), cancellationToken));
        }

        _taken = taken.ToImmutable();
        _id = BackupPaths.Id(_taken.Min(one => one.TakenAt), document.Uid);
    }

    private async Task<bool> TryLoadAsync(CancellationToken cancellationToken)
    {
        foreach (var taken in _taken)
        {
            // It needs about as much memory as the node has: where that is not free, the cache's own memory must not be the price.
            var trial = new TrialLoad(services);
            if (!trial.Fits(taken.Path))
            {
                return false;
            }

            await trial.RunAsync(cache, taken.Source.Installation, taken.Path, TrialFolder, inBackground: true, _ => { }, cancellationToken);
        }

        return true;
    }

    private static async Task CompareAsync(IStorage storage, string path, RdbFacts expected, CancellationToken cancellationToken)
    {
        await using var stored = await storage.OpenAsync(path, cancellationToken);
        var what = $"'{path}' of storage '{storage.Name}'";
        var found = await RdbInspector.InspectAsync(stored, what, null, null, cancellationToken);
        if (found.Sha256 != expected.Sha256)
        {
            throw new SnapshotException($"{what} is not what was written to it: {found.Bytes} bytes with SHA-256 {found.Sha256}, not {expected.Bytes} with {expected.Sha256}.");
        }
    }
}
