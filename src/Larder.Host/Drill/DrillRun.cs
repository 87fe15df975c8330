using System.Collections.Immutable;
using System.Security.Cryptography;

namespace Larder.Host.Drill;

/// <summary>The load of a drill, before, during and after the fault, and what came of it.</summary>
/// <param name="endpoint">Where clients connect.</param>
/// <param name="clock">The clock.</param>
internal sealed class DrillRun(DrillEndpoint endpoint, TimeProvider clock)
{
    /// <summary>How many clients write.</summary>
    public const int Clients = 8;

    /// <summary>The prefix of all drills' keys.</summary>
    public const string Reserved = "larder:drill:";

    private static readonly TimeSpan Before = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan VerifyLimit = TimeSpan.FromSeconds(60);

    /// <summary>Runs the load, and a fault in the middle of it.</summary>
    /// <param name="after">How long to go on after the fault.</param>
    /// <param name="inject">Causes the fault; returns when it has happened and what came of it is known.</param>
    /// <param name="happened">When the fault was, once <paramref name="inject"/> has returned; <c>null</c> for the moment it was asked for.</param>
    /// <param name="cancellationToken">The user wants it to end: keys are removed still.</param>
    /// <returns>What clients saw, without the fault's own particulars.</returns>
    public async Task<DrillReport> RunAsync(
        TimeSpan after, Func<CancellationToken, Task<string>> inject, Func<Task<DateTimeOffset?>> happened, CancellationToken cancellationToken)
    {
        var prefix = $"{Reserved}{{{RandomNumberGenerator.GetHexString(12, lowercase: true)}}}:";
        var writes = new List<DateTimeOffset>();
        var clients = Enumerable.Range(0, Clients).Select(i => new DrillClient(endpoint, $"{prefix}{i}:", clock, Note)).ToList();
        await Task.WhenAll(clients.Select(client => client.PrepareAsync(cancellationToken)));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var began = clock.GetTimestamp();
        var load = Task.WhenAll(clients.Select(client => Task.Run(() => client.RunAsync(stop.Token), CancellationToken.None)));
        try
        {
            await Task.Delay(Before, clock, cancellationToken);
            var asked = clock.GetUtcNow();
            var outcome = await inject(cancellationToken);
            await Task.Delay(after, clock, cancellationToken);
            await stop.CancelAsync();
            await load;
            var seconds = clock.GetElapsedTime(began).TotalSeconds;
            var fault = await happened() ?? asked;
            using var limit = new CancellationTokenSource(VerifyLimit, clock);
            var verified = await Task.WhenAll(clients.Select(client => client.VerifyAsync(limit.Token)));
            return Report(clients, seconds, WritesAgain(writes, fault) is { } again ? (again - fault).TotalMilliseconds : null, verified, outcome);
        }
        finally
        {
            await stop.CancelAsync();
            await load;
            await CleanUpAsync(clients);
        }

        void Note()
        {
            lock (writes)
            {
                writes.Add(clock.GetUtcNow());
            }
        }
    }

    /// <summary>
    /// When writes are acknowledged again: the end of the longest time after the fault in which nobody's was. Replies that were on their way at the
    /// fault may still arrive after it, so that the first of all says nothing.
    /// </summary>
    /// <param name="writes">When writes were acknowledged.</param>
    /// <param name="fault">When the fault was.</param>
    /// <returns>The moment; <c>null</c> where nothing was acknowledged after the fault.</returns>
    internal static DateTimeOffset? WritesAgain(IEnumerable<DateTimeOffset> writes, DateTimeOffset fault)
    {
        var (last, longest, again) = (fault, TimeSpan.Zero, (DateTimeOffset?)null);
        foreach (var write in writes.Where(write => write > fault).Order())
        {
            if (write - last > longest)
            {
                (longest, again) = (write - last, write);
            }

            last = write;
        }

        return again;
    }

    private static DrillReport Report(
        List<DrillClient> clients, double seconds, double? firstWrite, (long Lost, long Doubled)[] verified, string outcome)
    {
        ImmutableArray<DrillError> errors = [.. clients.SelectMany(client => client.Tally.Errors)
            .GroupBy(error => error.Key, error => error.Value)
            .Select(kind => new DrillError(kind.Key, kind.Sum()))
            .OrderByDescending(error => error.Count)
            .ThenBy(error => error.Kind, StringComparer.Ordinal)];
        return new DrillReport(
            "", 0, "", clients.Count, Math.Round(seconds, 1), clients.Sum(client => client.Tally.Acknowledged), clients.Sum(client => client.Tally.Uncertain), errors,
            Math.Round(clients.Max(client => client.Tally.LongestPause).TotalMilliseconds, 1), firstWrite is { } first ? Math.Round(first, 1) : null,
            verified.Sum(one => one.Lost), verified.Sum(one => one.Doubled), outcome);
    }

    private async Task CleanUpAsync(List<DrillClient> clients)
    {
        using var limit = new CancellationTokenSource(VerifyLimit, clock);
        foreach (var client in clients)
        {
            try
            {
                await client.CleanUpAsync(limit.Token);
            }
            catch (Exception exception) when (DrillClient.IsExpected(exception) || exception is OperationCanceledException)
            {
                // What cannot be removed now goes by itself when its time to live is over.
                return;
            }
        }
    }
}
