using System.Security.Cryptography.X509Certificates;
using Larder.Chaos.Checking;
using Larder.Chaos.Clients;
using Larder.Chaos.Faults;
using Larder.Chaos.Histories;
using Larder.Chaos.Installations;

namespace Larder.Chaos.Running;

/// <summary>A run against the real program.</summary>
/// <remarks>
/// <code>
///   clients    ====================================================================|
///   faults          X ---- Ready        X ---------- Ready      …                     handover
///   snapshots                    S                         S                        S          S
/// </code>
/// The last handover comes after all clients have stopped: the last snapshot then shows what the replica had, which nobody else looks at.
/// </remarks>
public static class ChaosRun
{
    private const string Cache = "chaos";
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LastCalm = TimeSpan.FromSeconds(1);

    /// <summary>Runs.</summary>
    /// <param name="options">What to do.</param>
    /// <param name="cancellationToken">Breaks off.</param>
    /// <returns>What was found.</returns>
    public static async Task<ChaosReport> RunAsync(ChaosOptions options, CancellationToken cancellationToken)
    {
        var clock = TimeProvider.System;
        await using var installation = new ChaosInstallation(options.Program);
        await installation.UpAsync(Spec(options), cancellationToken);
        using var authority = X509CertificateLoader.LoadCertificateFromFile(installation.CaFile);
        var endpoint = new ClientEndpoint(
            installation.TlsPort, $"{Cache}.redis.localhost", authority, await installation.KeyAsync(Cache, cancellationToken));

        var recorder = new HistoryRecorder(clock);
        var workloads = new Workloads(options.Clients);
        using var stopClients = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var stopLooking = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var looking = LookAsync(installation, recorder, clock, stopLooking.Token);
        var clients = Enumerable.Range(0, options.Clients).Select(client =>
        {
            var random = new Random(HashCode(options.Seed, client));
            var one = new ChaosClient(client, endpoint, workloads.Of(client, random), recorder, options.Pace, random, clock);
            return Task.Run(() => one.RunAsync(stopClients.Token), CancellationToken.None);
        }).ToList();
        try
        {
            var injector = new FaultInjector(installation, Cache, recorder, clock);
            var filler = new Filler(endpoint, options.FillerMegabytes, options.Seed);
            var auditor = new Auditor(endpoint, workloads, recorder, clock);
            foreach (var fault in options.Schedule)
            {
                await filler.EnsureAsync(cancellationToken);
                await Task.Delay(fault.Calm, clock, cancellationToken);
                var record = await injector.InjectAsync(fault, cancellationToken);
                options.Progress?.Invoke(
                    $"{record.Began.TotalSeconds,8:F3} s  {record.Kind}: epoch {record.EpochBefore} to {record.EpochAfter}, "
                    + (record.Ready is { } ready ? $"Ready after {(ready - record.Began).TotalMilliseconds:F0} ms" : "NOT READY AGAIN")
                    + (record.Note is { } note ? $" ({note})" : ""));
                await auditor.SnapshotAsync(cancellationToken);
                await Task.WhenAll(clients.Append(looking).Where(task => task.IsFaulted));
                if (record.Ready is null)
                {
                    break;
                }
            }

            await Task.Delay(LastCalm, clock, cancellationToken);
            await stopClients.CancelAsync();
            await Task.WhenAll(clients);
            await auditor.SnapshotAsync(cancellationToken);
            await injector.InjectAsync(new PlannedFault(FaultKind.Handover, TimeSpan.Zero, TimeSpan.Zero), cancellationToken);
            await auditor.SnapshotAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw new InvalidOperationException(
                $"The run broke off; the daemon's last words:\n{string.Join('\n', File.ReadLines(installation.LogFile).TakeLast(30))}", exception);
        }
        finally
        {
            await stopClients.CancelAsync();
            await stopLooking.CancelAsync();
            await Task.WhenAll([.. clients, looking]);
            if (options.LogCopy is { } copy)
            {
                File.Copy(installation.LogFile, copy, overwrite: true);
            }
        }

        return HistoryChecker.Check(recorder.Build());
    }

    private static string Spec(ChaosOptions options) => $"""
        name: {Cache}
        preset: development
        engine: {options.Engine}
        memory_mb: {options.MemoryMegabytes}
        durability: {(options.Durability == Durability.Quorum ? "quorum" : "async")}
        redis:
          redis_version: "{options.Version}"
          replicas_per_primary: {options.Replicas}

        """;

    private static int HashCode(int seed, int client) => unchecked((seed * 397) ^ (client + 1));

    private static async Task LookAsync(ChaosInstallation installation, HistoryRecorder recorder, TimeProvider clock, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (await installation.ShowAsync(Cache, stop) is { } seen)
                {
                    recorder.Add(new RoleSample(recorder.Now, 0, seen.Epoch, [.. seen.Primaries.Select(node => node.Ordinal)]));
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
