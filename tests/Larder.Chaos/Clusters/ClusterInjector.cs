using System.Net;
using System.Text.Json;
using Larder.Chaos.Faults;
using Larder.Chaos.Histories;
using Larder.Chaos.Installations;

namespace Larder.Chaos.Clusters;

/// <summary>Does one step after the other to a clustered cache, and where the step is waited for, waits until all is well again.</summary>
/// <param name="installation">The installation.</param>
/// <param name="spec">The cache's spec.</param>
/// <param name="recorder">Where the steps are taken down.</param>
/// <param name="clock">The clock of all waits.</param>
public sealed class ClusterInjector(ChaosInstallation installation, ClusterSpecText spec, HistoryRecorder recorder, TimeProvider clock)
{
    /// <summary>How long commands wait for a primary at first.</summary>
    public const int FirstHold = 5_000;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(20);

    private readonly List<Task> _ups = [];
    private readonly Dictionary<int, int> _planned = [];
    private Dictionary<int, long> _epochs = [];
    private bool _settled = true;
    private bool _paused;
    private int _hold = FirstHold;

    /// <summary>What was last seen of the cache when all was well.</summary>
    public ClusterView? LastWell { get; private set; }

    /// <summary>Does one step.</summary>
    /// <param name="step">What to do.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>What was taken down; not well in time is told there.</returns>
    /// <exception cref="InvalidOperationException">What a cache that is well must accept was refused.</exception>
    public async Task<FaultRecord> InjectAsync(ClusterStep step, CancellationToken cancellationToken)
    {
        var blow = await StrikeAsync(step, cancellationToken);
        var (ready, last) = step.Overlapped ? (null, null) : await SettleAsync(step.Shards, blow.Ended, cancellationToken);
        _settled = ready is not null;
        var unplanned = CountUnplanned(blow, step, last);
        var note = ready is null && !step.Overlapped ? $"{blow.Note}; last seen: {last?.ToString() ?? "no answer"}".TrimStart(';', ' ') : blow.Note;
        var record = new FaultRecord(step.Kind, blow.At, ready, blow.EpochBefore, blow.EpochAfter, blow.Ended is 0 ? 0 : 1, note)
        {
            Shard = step.Shard,
            Overlapped = step.Overlapped,
            UnplannedElections = unplanned,
        };
        recorder.Add(record);
        return record;
    }

    // Looked at where all is well: elections since then that no step was the reason of.
    private int CountUnplanned(Blow blow, ClusterStep step, ClusterView? seen)
    {
        if (blow.EpochAfter > blow.EpochBefore)
        {
            _planned[step.Shard] = _planned.GetValueOrDefault(step.Shard) + 1;
        }

        if (seen is null)
        {
            return 0;
        }

        var unplanned = seen.Shards.Sum(shard => shard.Value.Epoch - _epochs.GetValueOrDefault(shard.Key, 1) - _planned.GetValueOrDefault(shard.Key));
        _planned.Clear();
        _epochs = seen.Shards.ToDictionary(shard => shard.Key, shard => shard.Value.Epoch);
        return (int)unplanned;
    }

    private async Task<Blow> StrikeAsync(ClusterStep step, CancellationToken cancellationToken)
    {
        switch (step.Kind)
        {
            case FaultKind.ScaleOut or FaultKind.ScaleIn:
                var at = recorder.Now;
                await MustAsync("v1/caches", spec.Of(step.Shards, _hold), cancellationToken);
                return new Blow(at);
            case FaultKind.PauseScaling:
                at = recorder.Now;
                var (paused, why) = await installation.PostAsync($"v1/caches/{spec.Name}/scaling", """{"paused":true}""", cancellationToken);
                _paused |= paused == HttpStatusCode.Accepted;
                return new Blow(at, Note: paused == HttpStatusCode.Accepted ? null : why);
            case FaultKind.ChangeSetting:
                return await ChangeAsync(step, cancellationToken);
            case FaultKind.Handover:
                return await HandOverAsync(step, cancellationToken);
            case FaultKind.KillReplica:
                var whole = await WholeAsync(step.Shard, cancellationToken);
                return Kill(whole.Nodes.First(node => node.Role == "replica"));
            case FaultKind.KillPrimary:
                whole = await WholeAsync(step.Shard, cancellationToken);
                var blow = Kill(whole.Primary!) with { EpochBefore = whole.Epoch };
                return blow with { EpochAfter = await ElectedAsync(step.Shard, whole.Epoch, cancellationToken) };
            case FaultKind.KillDaemon:
                blow = new Blow(default);
                await installation.KillDaemonAsync(() => blow = new Blow(recorder.Now), cancellationToken);
                await AgainAsync(cancellationToken);
                return blow;
            case FaultKind.KillDaemonAndPrimary:
                whole = await WholeAsync(step.Shard, cancellationToken);
                blow = new Blow(default);
                await installation.KillDaemonAsync(() => blow = Kill(whole.Primary!), cancellationToken);
                await AgainAsync(cancellationToken);
                return blow with { EpochBefore = whole.Epoch, EpochAfter = await ElectedAsync(step.Shard, whole.Epoch, cancellationToken) };
            default:
                throw new InvalidOperationException($"{step.Kind} is not done to clusters.");
        }
    }

    private Blow Kill(CacheNode node)
    {
        installation.Signal(node.Pid, ProcessSignal.Kill);
        return new Blow(recorder.Now, Ended: node.Pid);
    }

    private async Task<Blow> ChangeAsync(ClusterStep step, CancellationToken cancellationToken)
    {
        var (at, wanted) = (recorder.Now, _hold == FirstHold ? FirstHold + 1 : FirstHold);
        var (status, text) = await installation.PostAsync("v1/caches", spec.Of(step.Shards, wanted), cancellationToken);
        if (status == HttpStatusCode.Accepted)
        {
            _hold = wanted;
            return new Blow(at);
        }

        return _settled ? throw Refused("another change", status, text) : new Blow(at, Note: $"{(int)status}");
    }

    private async Task<Blow> HandOverAsync(ClusterStep step, CancellationToken cancellationToken)
    {
        var whole = await WholeAsync(step.Shard, cancellationToken);
        var at = recorder.Now;
        var (status, text) = await installation.PostAsync($"v1/caches/{spec.Name}/failover", $$"""{"shard":{{step.Shard}},"force":false}""", cancellationToken);
        if (status != HttpStatusCode.Accepted)
        {
            return _settled ? throw Refused("a handover", status, text) : new Blow(at, Note: text);
        }

        using var accepted = JsonDocument.Parse(text);
        var id = accepted.RootElement.GetProperty("operationId").GetString()!;
        var ended = await UntilAsync("the handover ends", async () => await installation.OperationAsync(id, cancellationToken) is { } operation
            && JsonDocument.Parse(operation).RootElement.GetProperty("state").GetString() is "Succeeded" or "Failed" ? operation : null, cancellationToken);
        if (!ended.Contains("Succeeded", StringComparison.Ordinal))
        {
            return _settled ? throw new InvalidOperationException($"A handover of a cache that was well failed: {ended}") : new Blow(at, Note: ended);
        }

        return new Blow(at, EpochBefore: whole.Epoch, EpochAfter: whole.Epoch + 1);
    }

    // `up` waits until the cache is ready, which a change that pauses may put off; the next step comes when the daemon answers.
    private async Task AgainAsync(CancellationToken cancellationToken)
    {
        _ups.Add(installation.UpAgainAsync(cancellationToken));
        await UntilAsync("the daemon answers", async () => _ups[^1].IsFaulted ? throw _ups[^1].Exception!.InnerException! : await ShowAsync(cancellationToken), cancellationToken);
    }

    private async Task<ShardSeen> WholeAsync(int shard, CancellationToken cancellationToken) => await UntilAsync(
        $"shard {shard} is whole", async () => (await ShowAsync(cancellationToken))?.Shards.GetValueOrDefault(shard) is { IsWhole: true } seen ? seen : null, cancellationToken);

    private async Task<long> ElectedAsync(int shard, long epoch, CancellationToken cancellationToken) => (await UntilAsync(
        $"shard {shard} has another primary",
        async () => (await ShowAsync(cancellationToken))?.Shards.GetValueOrDefault(shard) is { Primary: not null } seen && seen.Epoch > epoch ? seen : null,
        cancellationToken)).Epoch;

    private async Task<(TimeSpan? Ready, ClusterView? Last)> SettleAsync(int shards, int ended, CancellationToken cancellationToken)
    {
        if (_paused)
        {
            // 422: what was about to pause was over.
            await installation.PostAsync($"v1/caches/{spec.Name}/scaling", """{"paused":false}""", cancellationToken);
            _paused = false;
        }

        var began = clock.GetTimestamp();
        ClusterView? seen = null;
        while (clock.GetElapsedTime(began) < Limit)
        {
            seen = await ShowAsync(cancellationToken);
            if (seen is { IsReady: true } && seen.Shards.Count == shards && seen.Nodes.All(node => node.Pid != ended))
            {
                var at = recorder.Now;
                if (_ups.Count > 0)
                {
                    await _ups[^1];
                    await Task.WhenAll(_ups).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // those whose daemon was killed under them
                    _ups.Clear();
                }

                LastWell = seen;
                return (at, seen);
            }

            await Task.Delay(Glance, clock, cancellationToken);
        }

        return (null, seen);
    }

    private async Task MustAsync(string path, string body, CancellationToken cancellationToken)
    {
        var (status, text) = await installation.PostAsync(path, body, cancellationToken);
        if (status != HttpStatusCode.Accepted)
        {
            throw Refused(body, status, text);
        }
    }

    private static InvalidOperationException Refused(string what, HttpStatusCode status, string text) =>
        new($"A cache that was well refused {what}: {(int)status} {text}");

    private Task<ClusterView?> ShowAsync(CancellationToken cancellationToken) => installation.ShowClusterAsync(spec.Name, cancellationToken);

    private async Task<T> UntilAsync<T>(string what, Func<Task<T?>> look, CancellationToken cancellationToken)
        where T : class
    {
        var began = clock.GetTimestamp();
        while (true)
        {
            if (await look() is { } found)
            {
                return found;
            }

            if (clock.GetElapsedTime(began) > Limit)
            {
                throw new InvalidOperationException($"After {Limit.TotalSeconds:F0} s not yet: {what}; the cache is {await ShowAsync(cancellationToken)}");
            }

            await Task.Delay(Glance, clock, cancellationToken);
        }
    }

    private sealed record Blow(TimeSpan At, long EpochBefore = 0, long EpochAfter = 0, int Ended = 0, string? Note = null);
}
