using System.Collections.Concurrent;
using Larder.Chaos.Clients;
using Larder.Chaos.Installations;

namespace Larder.Chaos.Counting;

/// <summary>Writes all keys, and looks at all of them.</summary>
/// <param name="endpoint">The port of the whole cache.</param>
/// <param name="keys">How many keys.</param>
/// <param name="firstExpiry">When the first expires, in milliseconds since 1970.</param>
internal sealed class KeyWork(ClientEndpoint endpoint, int keys, long firstExpiry)
{
    private const int Connections = 4;
    private const int AtOnce = 250;
    private const int MostExamples = 5;

    /// <summary>Writes them.</summary>
    /// <exception cref="IOException">One was refused.</exception>
    public Task WriteAsync(CancellationToken cancellationToken) => EachLotAsync(
        async (connection, lot) =>
        {
            var commands = lot.SelectMany(key => key.Writes).ToList();
            foreach (var answer in await CallAsync(connection, commands, cancellationToken))
            {
                if (answer is RespValue.Failure refused)
                {
                    throw new IOException($"A key was refused: {refused.Text}");
                }
            }
        },
        cancellationToken);

    /// <summary>Looks at each of them: value, type by the way it is read, time of expiry; and counts what all primaries have.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="others">How many keys there are besides.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<KeyCheck> CheckAsync(ClusterView cache, int others, CancellationToken cancellationToken)
    {
        var (missing, wrong, worst) = (0L, 0L, 0L);
        var examples = new ConcurrentQueue<string>();
        await EachLotAsync(
            async (connection, lot) =>
            {
                var answers = await CallAsync(connection, [.. lot.SelectMany(key => new[] { key.Read, ["PEXPIRETIME", key.Name] })], cancellationToken);
                for (var i = 0; i < lot.Count; i++)
                {
                    var (key, value, expiry) = (lot[i], answers[i * 2], answers[(i * 2) + 1]);
                    if (CountedKey.IsAbsent(value))
                    {
                        Interlocked.Increment(ref missing);
                        Example($"{key.Name} is missing");
                    }
                    else if (!key.IsValue(value))
                    {
                        Interlocked.Increment(ref wrong);
                        Example($"{key.Name}, a {key.Type}, is {value}");
                    }
                    else
                    {
                        var seen = expiry is RespValue.Number { Value: var at } ? at : throw new IOException($"PEXPIRETIME was answered with {expiry}.");
                        var away = seen < 0 != key.Expiry < 0 ? (long)TimeSpan.FromDays(1).TotalMilliseconds : Math.Abs(seen - key.Expiry);
                        InterlockedMax(ref worst, away);
                    }
                }
            },
            cancellationToken);
        var counted = 0L;
        foreach (var primary in cache.Shards.Values.Select(shard => shard.Primary!))
        {
            await using var connection = await RespConnection.OpenAsync(endpoint.At(primary.TlsPort), cancellationToken);
            counted += await connection.CallAsync(cancellationToken, "DBSIZE") is RespValue.Number { Value: var count } ? count : throw new IOException("DBSIZE was refused.");

            // Tells a key that was lost on the way from one that its engine took away.
            var stats = await connection.CallAsync(cancellationToken, "INFO", "stats") is RespValue.Bulk { Text: { } text } ? text : throw new IOException("INFO was refused.");
            foreach (var taken in stats.Split("\r\n").Where(line => (line.StartsWith("evicted_keys:", StringComparison.Ordinal) || line.StartsWith("expired_keys:", StringComparison.Ordinal)) && !line.EndsWith(":0", StringComparison.Ordinal)))
            {
                examples.Enqueue($"node {primary.Ordinal} says {taken}");
            }
        }

        return new KeyCheck(missing, wrong, TimeSpan.FromMilliseconds(worst), counted, keys + others, [.. examples]);

        void Example(string text)
        {
            if (examples.Count < MostExamples)
            {
                examples.Enqueue(text);
            }
        }
    }

    private async Task EachLotAsync(Func<RespConnection, List<CountedKey>, Task> work, CancellationToken cancellationToken) => await Task.WhenAll(
        Enumerable.Range(0, Connections).Select(first => Task.Run(
            async () =>
            {
                await using var connection = await RespConnection.OpenAsync(endpoint, cancellationToken);
                for (var lot = first * AtOnce; lot < keys; lot += Connections * AtOnce)
                {
                    await work(connection, [.. Enumerable.Range(lot, Math.Min(AtOnce, keys - lot)).Select(number => new CountedKey(number, firstExpiry))]);
                }
            },
            cancellationToken)));

    private static async Task<List<RespValue>> CallAsync(RespConnection connection, List<string[]> commands, CancellationToken cancellationToken)
    {
        foreach (var command in commands)
        {
            connection.Add(command);
        }

        await connection.SendAsync(cancellationToken);
        var answers = new List<RespValue>(commands.Count);
        while (answers.Count < commands.Count)
        {
            answers.Add(await connection.ReadAsync(cancellationToken));
        }

        return answers;
    }

    private static void InterlockedMax(ref long place, long value)
    {
        var seen = Volatile.Read(ref place);
        while (value > seen)
        {
            var before = Interlocked.CompareExchange(ref place, value, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }
}
