using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;
using Larder.Chaos.Checking;
using Larder.Chaos.Clients;
using Larder.Chaos.Clusters;
using Larder.Chaos.Installations;

namespace Larder.Chaos.Counting;

/// <summary>
/// Writes keys of all types, changes the number of shards under load again and again, and looks at every single key after each change.
/// </summary>
public static class CountingRun
{
    private const string Cache = "counted";
    private static readonly TimeSpan FirstExpiry = TimeSpan.FromHours(6);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(20);

    /// <summary>Runs.</summary>
    /// <param name="options">What to do.</param>
    /// <param name="changed">Told after each change.</param>
    /// <param name="cancellationToken">Breaks off.</param>
    /// <returns>One sentence on each thing that was not as it must be; empty where all was.</returns>
    public static async Task<ImmutableArray<string>> RunAsync(CountingOptions options, Action<CountingResult> changed, CancellationToken cancellationToken)
    {
        var clock = TimeProvider.System;
        await using var installation = new ChaosInstallation(options.Program, 2 * options.Shards.Max() * (options.Replicas + 1));
        var spec = new ClusterSpecText(Cache, options.Engine, options.Version, options.MemoryMegabytes, options.Replicas, Durability.Async);
        await installation.UpAsync(spec.Of(options.Shards[0], ClusterInjector.FirstHold), cancellationToken);
        using var authority = X509CertificateLoader.LoadCertificateFromFile(installation.CaFile);
        var endpoint = new ClientEndpoint(installation.TlsPort, $"{Cache}.redis.localhost", authority, await installation.KeyAsync(Cache, cancellationToken));

        var firstExpiry = (clock.GetUtcNow() + FirstExpiry).ToUnixTimeMilliseconds();
        var work = new KeyWork(endpoint, options.Keys, firstExpiry);
        var began = clock.GetTimestamp();
        await work.WriteAsync(cancellationToken);
        options.Progress?.Invoke($"{options.Keys} keys were written in {clock.GetElapsedTime(began).TotalSeconds:F1} s");
        var load = new KeyLoad(endpoint, options.Keys, firstExpiry, clock);
        await Task.WhenAll(Enumerable.Range(0, options.Clients).Select(client => load.BeginAsync(client, cancellationToken)));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var clients = Enumerable.Range(0, options.Clients).Select(client => Task.Run(() => load.RunAsync(client, new Random(client), stop.Token), CancellationToken.None)).ToList();
        var problems = ImmutableArray.CreateBuilder<string>();
        var elections = 0L;
        try
        {
            for (var change = 1; change < options.Shards.Length && problems.Count == 0; change++)
            {
                var (from, to) = (options.Shards[change - 1], options.Shards[change]);
                load.Take();
                began = clock.GetTimestamp();
                var (status, text) = await installation.PostAsync("v1/caches", spec.Of(to, ClusterInjector.FirstHold), cancellationToken);
                if (status != System.Net.HttpStatusCode.Accepted)
                {
                    throw new InvalidOperationException($"From {from} to {to} shards was refused: {(int)status} {text}");
                }

                var cache = await ReadyAsync(installation, to, clock, options.Progress, cancellationToken);
                var took = clock.GetElapsedTime(began);
                var times = load.Take();
                await Task.WhenAll(clients.Where(client => client.IsFaulted));
                options.Progress?.Invoke($"{from} to {to} shards in {took.TotalSeconds:F1} s; looking at every key");
                var check = await work.CheckAsync(cache, KeyLoad.CountersOf(options.Clients), cancellationToken);
                changed(new CountingResult(from, to, took, times.Count, At(times, 0.5), At(times, 0.99), At(times, 1), check));
                elections = Math.Max(elections, cache.Shards.Values.Sum(shard => shard.Epoch - 1));
                problems.AddRange(check.Problems.Select(problem => $"after {from} to {to} shards: {problem}"));
            }
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(clients);
            if (options.LogCopy is { } copy)
            {
                File.Copy(installation.LogFile, copy, overwrite: true);
            }
        }

        // A primary that a busy host keeps from answering is taken for hung; what clients see of that is another proof's matter.
        if (elections > 0)
        {
            options.Progress?.Invoke($"{elections} primaries were taken for hung, since the host is too busy: {load.Problems.Count} operations of clients were not answered as they were to be");
        }
        else
        {
            problems.AddRange(load.Problems.Take(10));
        }

        return problems.ToImmutable();
    }

    private static async Task<ClusterView> ReadyAsync(
        ChaosInstallation installation, int shards, TimeProvider clock, Action<string>? progress, CancellationToken cancellationToken)
    {
        var (began, told) = (clock.GetTimestamp(), clock.GetTimestamp());
        while (true)
        {
            var seen = await installation.ShowClusterAsync(Cache, cancellationToken);
            if (seen is { IsReady: true } && seen.Shards.Count == shards)
            {
                return seen;
            }

            if (clock.GetElapsedTime(told) > TimeSpan.FromSeconds(10))
            {
                told = clock.GetTimestamp();
                progress?.Invoke($"  {seen?.Message}");
            }

            if (clock.GetElapsedTime(began) > Limit)
            {
                throw new InvalidOperationException($"After {Limit.TotalMinutes:F0} minutes {shards} shards are not ready: {seen}");
            }

            await Task.Delay(Glance, clock, cancellationToken);
        }
    }

    private static TimeSpan At(List<TimeSpan> sorted, double part) => sorted.Count == 0 ? TimeSpan.Zero : sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * part))];
}
