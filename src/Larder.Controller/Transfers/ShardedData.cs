using System.Collections.Immutable;
using System.Globalization;
using Larder.Backup.Snapshots;
using Larder.Controller.Processes;
using Larder.Controller.Snapshots;
using Larder.Engines.Copying;
using Larder.Store.Documents;

namespace Larder.Controller.Transfers;

/// <summary>Gives the keys of files to the shards that have their slots now. An unclustered cache is one shard that has all of them, and all databases.</summary>
/// <param name="context">What it works with.</param>
/// <param name="folder">A folder of its own.</param>
/// <param name="targetOf">Where the file of a shard is to be.</param>
internal sealed class ShardedData(TransferContext context, string folder, Func<int, string> targetOf)
{
    /// <summary>Gives them.</summary>
    /// <param name="files">The files; they are deleted.</param>
    /// <param name="transfer">Which shards get data, and what may be left out.</param>
    /// <param name="check">Loads a shard's file for a trial; the keys in it, or <c>null</c> where there is no memory for it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What there is now.</returns>
    /// <exception cref="SnapshotException">A file cannot be read.</exception>
    /// <exception cref="TransferException">It has keys that the cache cannot hold.</exception>
    public async Task<PreparedData> PrepareAsync(
        IReadOnlyList<SourceFile> files, TransferDocument transfer, Func<int, CancellationToken, Task<long?>> check, CancellationToken cancellationToken)
    {
        var surveys = await SurveyAsync(files, cancellationToken);
        var dropped = context.IsClustered ? OtherDatabases(files, surveys, transfer) : 0;
        if (Overlap(surveys))
        {
            // Which of them counts is for an engine to say, which has the keys at hand.
            var merged = new SourceFile(Path.Combine(folder, "merged.rdb"), "what was put together");
            await MergeAsync(files, merged.Path, cancellationToken);
            files = [merged];

            // An engine copies keys; functions are no keys.
            var functions = surveys.SelectMany(survey => survey.Functions).Aggregate(ImmutableSortedDictionary<string, byte[]>.Empty, (all, one) => all.SetItem(one.Key, one.Value));
            surveys = [(await SurveyAsync(files, cancellationToken))[0] with { Functions = functions }];
        }

        var shards = context.Agents.Select(agent => agent.Shard).Where(shard => transfer.Shards.IsEmpty || transfer.Shards.Contains(shard)).ToList();
        var map = context.Cluster.State?.Map;
        var bytes = files.Sum(file => new FileInfo(file.Path).Length);
        var keys = await InBackgroundAsync(
            () => RdbDistribution.Distribute(
                [.. files.Select((file, index) => (file.Path, surveys[index]))], [.. shards.Select(targetOf)],
                slot => map is null ? 0 : shards.IndexOf(map.OwnerOf(slot) ?? -1), firstDatabaseOnly: context.IsClustered,
                done => context.Progress.Bytes("giving keys to shards", done, bytes, 46, 52), cancellationToken),
            cancellationToken);
        foreach (var file in files)
        {
            File.Delete(file.Path);
        }

        var sum = 0L;
        for (var index = 0; index < shards.Count; index++)
        {
            sum += await check(shards[index], cancellationToken) ?? keys[index];
        }

        return new PreparedData(sum, dropped);
    }

    private static bool Overlap(IReadOnlyList<RdbSurvey> surveys) =>
        surveys.Select((survey, index) => surveys.Take(index).Any(survey.MayShareKeysWith)).Any(shared => shared);

    private async Task<List<RdbSurvey>> SurveyAsync(IReadOnlyList<SourceFile> files, CancellationToken cancellationToken)
    {
        var all = files.Sum(file => new FileInfo(file.Path).Length);
        var done = 0L;
        var surveys = new List<RdbSurvey>();
        foreach (var file in files)
        {
            var before = done;
            var survey = await InBackgroundAsync(
                () => RdbDistribution.Survey(file.Path, bytes => context.Progress.Bytes("counting keys", before + bytes, all, 40, 46), cancellationToken), cancellationToken);
            surveys.Add(file.Slots is { } slots ? survey with { Slots = survey.Slots.And(slots) } : survey);
            done += new FileInfo(file.Path).Length;
        }

        return surveys;
    }

    /// <summary>A clustered cache has database 0 alone.</summary>
    private long OtherDatabases(IReadOnlyList<SourceFile> files, List<RdbSurvey> surveys, TransferDocument transfer)
    {
        var others = surveys.Select(survey => survey.Keys.Where(database => database.Key != 0).ToList()).ToList();
        var sum = others.SelectMany(databases => databases).Sum(database => database.Value);
        if (sum == 0 || transfer.DropOtherDatabases)
        {
            return sum;
        }

        var first = others.FindIndex(databases => databases.Count > 0);
        var counts = string.Join(", ", others[first].Select(database => string.Create(
            CultureInfo.InvariantCulture, $"{database.Value} {(database.Value == 1 ? "key" : "keys")} in database {database.Key}")));
        throw new TransferException(
            "other_databases",
            $"{files[first].Name} has {counts}, and {context.Cache} is clustered, with database 0 alone; it is as it was. Leave them out with --drop-other-databases, or "
            + "take a cache without clustering.");
    }

    private async Task MergeAsync(IReadOnlyList<SourceFile> files, string path, CancellationToken cancellationToken)
    {
        var trial = new TrialLoad(context.Services);
        await using var target = await trial.StartAsync(
            context.Cache, context.Installation, files[0].Path, Path.Combine(folder, "merge"), "merge", cancellationToken);
        await target.LoadedAsync(probe => context.Progress.Keys("loading the 1. file", probe.Keys, 0, 46, 46), cancellationToken);
        for (var index = 1; index < files.Count; index++)
        {
            var step = $"the {index + 1}. of {files.Count} files";
            await using var source = await trial.StartAsync(
                context.Cache, context.Installation, files[index].Path, Path.Combine(folder, "trial"), "trial", cancellationToken);
            var keys = (await source.LoadedAsync(probe => context.Progress.Keys($"loading {step}", probe.Keys, 0, 46, 46), cancellationToken)).Keys;
            await KeyCopier.CopyAsync(
                source.Configuration, target.Configuration, target.Configuration.Databases,
                copied => context.Progress.Keys($"copying {step}", copied, keys, 46, 49), cancellationToken);
        }

        await target.Node.SnapshotAsync(cancellationToken);
        HardLink.Create(context.Services.Nodes.Engines.For(context.Installation.Family).SnapshotFile(target.Configuration), path);
        foreach (var file in files)
        {
            File.Delete(file.Path);
        }
    }

    // It reads and writes without a pause, for as long as the files are large.
    private static Task<T> InBackgroundAsync<T>(Func<T> work, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(work, cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
