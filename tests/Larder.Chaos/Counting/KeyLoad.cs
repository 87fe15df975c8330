using System.Collections.Concurrent;
using System.Globalization;
using Larder.Chaos.Clients;

namespace Larder.Chaos.Counting;

/// <summary>Clients that work while slots move: each reads keys at random and checks them, and increments counters of its own, which must count by one.</summary>
/// <param name="endpoint">The port of the whole cache.</param>
/// <param name="keys">How many keys.</param>
/// <param name="firstExpiry">When the first expires, in milliseconds since 1970.</param>
/// <param name="clock">Times the operations.</param>
internal sealed class KeyLoad(ClientEndpoint endpoint, int keys, long firstExpiry, TimeProvider clock)
{
    private const int CountersOfAClient = 64;

    private readonly ConcurrentQueue<TimeSpan> _times = new();
    private readonly ConcurrentQueue<string> _problems = new();

    /// <summary>What was not as it must be: each is a fault, since no node fails in this run.</summary>
    public IReadOnlyCollection<string> Problems => _problems;

    /// <summary>How many keys so many clients count in.</summary>
    public static int CountersOf(int clients) => clients * CountersOfAClient;

    /// <summary>How long the operations since the last call took, in order.</summary>
    public List<TimeSpan> Take()
    {
        var taken = new List<TimeSpan>();
        while (_times.TryDequeue(out var time))
        {
            taken.Add(time);
        }

        taken.Sort();
        return taken;
    }

    /// <summary>Makes a client's counters, so that it is known how many keys there are.</summary>
    public async Task BeginAsync(int client, CancellationToken cancellationToken)
    {
        await using var connection = await RespConnection.OpenAsync(endpoint, cancellationToken);
        for (var counter = 0; counter < CountersOfAClient; counter++)
        {
            await connection.CallAsync(cancellationToken, "SET", Counter(client, counter), "0");
        }
    }

    /// <summary>One client.</summary>
    public async Task RunAsync(int client, Random random, CancellationToken stop)
    {
        var connection = await RespConnection.OpenAsync(endpoint, CancellationToken.None);
        var counts = new long[CountersOfAClient];
        try
        {
            while (!stop.IsCancellationRequested)
            {
                var began = clock.GetTimestamp();
                try
                {
                    await OperateAsync(connection, client, counts, random);
                }
                catch (IOException exception)
                {
                    _problems.Enqueue($"client {client} lost its connection after {clock.GetElapsedTime(began).TotalMilliseconds:F0} ms: {exception.Message}");
                    await connection.DisposeAsync();
                    connection = await RespConnection.OpenAsync(endpoint, CancellationToken.None);
                }

                _times.Enqueue(clock.GetElapsedTime(began));
            }
        }
        finally
        {
            await connection.DisposeAsync();
        }
    }

    private async Task OperateAsync(RespConnection connection, int client, long[] counts, Random random)
    {
        if (random.Next(10) < 7)
        {
            var key = new CountedKey(random.Next(keys), firstExpiry);
            var answer = await connection.CallAsync(CancellationToken.None, key.Read);
            if (!key.IsValue(answer))
            {
                _problems.Enqueue($"{key.Name}, a {key.Type}, was read as {answer}");
            }

            return;
        }

        var counter = random.Next(CountersOfAClient);
        var counted = await connection.CallAsync(CancellationToken.None, "INCR", Counter(client, counter));
        if (counted != new RespValue.Number(++counts[counter]))
        {
            _problems.Enqueue($"{Counter(client, counter)} was to become {counts[counter]}, and became {counted}");
            counts[counter] = counted is RespValue.Number { Value: var now } ? now : counts[counter];
        }
    }

    private static string Counter(int client, int counter) => string.Create(CultureInfo.InvariantCulture, $"counter:{client}:{counter}");
}
