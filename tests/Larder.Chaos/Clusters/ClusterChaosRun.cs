using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;
using Larder.Chaos.Checking;
using Larder.Chaos.Clients;
using Larder.Chaos.Histories;
using Larder.Chaos.Installations;
using StackExchange.Redis;

namespace Larder.Chaos.Clusters;

/// <summary>A run against a clustered cache of the real program.</summary>
/// <remarks>
/// <code>
///   clients    =====================================================================|
///   steps           X --------------- X ----- X -------- all well    X --- all well    …
///   snapshots                         S       S              S                 S            S
///   engines                                               asked             asked        asked
/// </code>
/// </remarks>
public static class ClusterChaosRun
{
    private const string Cache = "chaos";
    private const int AwareConnections = 2;
    private const int OneIncarnation = 100;
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan AgreementLimit = TimeSpan.FromSeconds(20);

    /// <summary>Runs.</summary>
    /// <param name="options">What to do.</param>
    /// <param name="cancellationToken">Breaks off.</param>
    /// <returns>What was found.</returns>
    public static async Task<ClusterChaosResult> RunAsync(ClusterChaosOptions options, CancellationToken cancellationToken)
    {
        var clock = TimeProvider.System;
        var most = options.Sequence.Steps.Select(step => step.Shards).Append(options.Sequence.Shards).Max();
        await using var installation = new ChaosInstallation(options.Program, 2 * most * (options.Replicas + 1));
        var spec = new ClusterSpecText(Cache, options.Engine, options.Version, options.MemoryMegabytes, options.Replicas, options.Durability);
        await installation.UpAsync(spec.Of(options.Sequence.Shards, ClusterInjector.FirstHold), cancellationToken);
        using var authority = X509CertificateLoader.LoadCertificateFromFile(installation.CaFile);
        var endpoint = new ClientEndpoint(
            installation.TlsPort, $"{Cache}.redis.localhost", authority, await installation.KeyAsync(Cache, cancellationToken));

        var recorder = new HistoryRecorder(clock);
        var workloads = new ClusterWorkloads(options.Clients);
        var breaches = ImmutableArray.CreateBuilder<string>();
        var incarnations = new ConcurrentDictionary<int, int>();
        using var stopClients = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var stopLooking = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var connections = new List<ConnectionMultiplexer>();
        var running = new List<Task> { LookAsync(installation, recorder, incarnations, clock, stopLooking.Token) };
        try
        {
            for (var i = 0; i < AwareConnections; i++)
            {
                connections.Add(await AwareClient.ConnectAsync(endpoint));
            }

            running.AddRange(Enumerable.Range(0, options.Clients).Select(client => StartAsync(client, options, endpoint, connections, workloads, recorder, clock, stopClients.Token)));
            var injector = new ClusterInjector(installation, spec, recorder, clock);
            var auditor = new ClusterAuditor(endpoint, workloads, recorder, clock);
            var filler = new Filler(endpoint, options.FillerMegabytes, options.Seed);
            await filler.EnsureAsync(cancellationToken);
            var shards = options.Sequence.Shards;
            foreach (var step in options.Sequence.Steps)
            {
                await Task.Delay(step.Calm, clock, cancellationToken);
                var record = await injector.InjectAsync(step, cancellationToken);
                options.Progress?.Invoke(
                    $"{record.Began.TotalSeconds,8:F3} s  {step}"
                    + (record.EpochAfter > 0 ? $": epoch {record.EpochBefore} to {record.EpochAfter}" : "")
                    + (record.Ready is { } ready ? $", well after {(ready - record.Began).TotalMilliseconds:F0} ms" : step.Overlapped ? "" : ", NOT WELL AGAIN")
                    + (record.UnplannedElections > 0 ? $", {record.UnplannedElections} ELECTIONS WITHOUT A REASON HERE" : "")
                    + (record.Note is { } note ? $" ({note})" : ""));
                if (!step.Overlapped && record.Ready is null)
                {
                    break;
                }

                if (!step.Overlapped)
                {
                    foreach (var removed in Enumerable.Range(step.Shards, Math.Max(0, shards - step.Shards)))
                    {
                        // A shard of this number that comes later is another one, which begins with an epoch of its own.
                        incarnations.AddOrUpdate(removed, 1, (_, before) => before + 1);
                    }

                    shards = step.Shards;
                    breaches.AddRange((await DisagreementAsync(endpoint, injector.LastWell!, options, clock, cancellationToken)).Select(problem => $"after {step.Kind} at {record.Began.TotalSeconds:F3} s: {problem}"));
                }

                await auditor.SnapshotAsync(cancellationToken);
                await Task.WhenAll(running.Where(task => task.IsFaulted));
            }

            await stopClients.CancelAsync();
            await Task.WhenAll(running.Skip(1));
            var last = await auditor.SnapshotAsync(cancellationToken);
            breaches.AddRange(await CountAsync(endpoint, last, options, cancellationToken));
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw new InvalidOperationException(
                $"The run broke off: {exception.Message}\nThe daemon's last words:\n{string.Join('\n', File.ReadLines(installation.LogFile).TakeLast(30))}", exception);
        }
        finally
        {
            await stopClients.CancelAsync();
            await stopLooking.CancelAsync();
            await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // told above where it matters
            foreach (var connection in connections)
            {
                await connection.DisposeAsync();
            }

            if (options.LogCopy is { } copy)
            {
                File.Copy(installation.LogFile, copy, overwrite: true);
            }
        }

        var report = HistoryChecker.Check(recorder.Build());
        breaches.AddRange(Verdict.Breaches(report, options.Durability, options.Replicas));
        return new ClusterChaosResult(report, breaches.ToImmutable());
    }

    // The first half of each dozen knows nothing of shards, the other half knows clusters: each has all workloads.
    private static Task StartAsync(
        int client, ClusterChaosOptions options, ClientEndpoint endpoint, List<ConnectionMultiplexer> connections, ClusterWorkloads workloads, HistoryRecorder recorder,
        TimeProvider clock, CancellationToken stop)
    {
        var random = new Random(unchecked((options.Seed * 397) ^ (client + 1)));
        var workload = workloads.Of(client, random);
        return client % 12 < 6
            ? Task.Run(() => new ChaosClient(client, endpoint, workload, recorder, options.Pace, random, clock).RunAsync(stop), CancellationToken.None)
            : Task.Run(
                () => new AwareClient(client, connections[client % connections.Count].GetDatabase(), workload, recorder, options.Pace, random, clock).RunAsync(stop), CancellationToken.None);
    }

    // What the engines tell each other takes a moment to reach all of them.
    private static async Task<IReadOnlyList<string>> DisagreementAsync(
        ClientEndpoint endpoint, ClusterView cache, ClusterChaosOptions options, TimeProvider clock, CancellationToken cancellationToken)
    {
        var agreement = new ClusterAgreement(endpoint);
        var began = clock.GetTimestamp();
        var first = "";
        while (true)
        {
            var problems = await agreement.ProblemsAsync(cache, cancellationToken);
            var lasting = clock.GetElapsedTime(began);
            if (problems.Count == 0 || lasting > AgreementLimit)
            {
                if (lasting > LookInterval * 10)
                {
                    options.Progress?.Invoke($"            the engines agreed after {lasting.TotalMilliseconds:F0} ms only; at first: {first}");
                }

                return problems;
            }

            first = first.Length > 0 ? first : problems[0];
            await Task.Delay(LookInterval, clock, cancellationToken);
        }
    }

    private static async Task<IReadOnlyList<string>> CountAsync(ClientEndpoint endpoint, Snapshot last, ClusterChaosOptions options, CancellationToken cancellationToken)
    {
        await using var connection = await RespConnection.OpenAsync(endpoint, cancellationToken);
        var expected = last.Collections.Values.Count(elements => !elements.IsEmpty) + last.Integers.Values.Count(value => value != 0) + Filler.Count(options.FillerMegabytes);
        var counted = await connection.CallAsync(cancellationToken, "DBSIZE");
        return counted == new RespValue.Number(expected) ? [] : [$"DBSIZE of all shards is {counted}, and {expected} keys are there"];
    }

    private static async Task LookAsync(
        ChaosInstallation installation, HistoryRecorder recorder, ConcurrentDictionary<int, int> incarnations, TimeProvider clock, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var known = incarnations.ToDictionary();
                if (await installation.ShowClusterAsync(Cache, stop) is { } seen)
                {
                    foreach (var (id, shard) in seen.Shards)
                    {
                        recorder.Add(new RoleSample(recorder.Now, id + (OneIncarnation * known.GetValueOrDefault(id)), shard.Epoch, [.. shard.Primaries.Select(node => node.Ordinal)]));
                    }
                }
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(LookInterval, clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
