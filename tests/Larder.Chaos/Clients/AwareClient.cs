using Larder.Chaos.Histories;
using StackExchange.Redis;

namespace Larder.Chaos.Clients;

/// <summary>
/// One client that knows clusters: StackExchange.Redis, which asks for the topology, connects to the nodes' own ports and follows MOVED and ASK. One operation at a
/// time, each asked for once; whatever ends without an answer leaves the fate unknown. Not thread-safe.
/// </summary>
/// <param name="id">Its number.</param>
/// <param name="database">What it works with; several clients may share the connections below.</param>
/// <param name="workload">Tells what it asks for next.</param>
/// <param name="recorder">Where it takes down what comes of it.</param>
/// <param name="pace">The longest pause between two operations.</param>
/// <param name="random">Its own, for the pauses.</param>
/// <param name="clock">The clock of all waits.</param>
public sealed class AwareClient(
    int id, IDatabase database, Func<Operation> workload, HistoryRecorder recorder, TimeSpan pace, Random random, TimeProvider clock)
{
    private const int AnswerMilliseconds = 10_000;
    private static readonly TimeSpan BackOff = TimeSpan.FromMilliseconds(100);

    /// <summary>Connects.</summary>
    /// <param name="endpoint">The port of the whole cache.</param>
    /// <returns>Connections for any number of clients.</returns>
    public static async Task<ConnectionMultiplexer> ConnectAsync(ClientEndpoint endpoint)
    {
        var options = new ConfigurationOptions
        {
            EndPoints = { { "127.0.0.1", endpoint.Port } },
            Ssl = true,
            SslHost = endpoint.ServerName,
            Password = endpoint.Key,
            AbortOnConnectFail = false,
            AsyncTimeout = AnswerMilliseconds,
            SyncTimeout = AnswerMilliseconds,
            ConnectTimeout = AnswerMilliseconds,
            BacklogPolicy = BacklogPolicy.FailFast,
            ReconnectRetryPolicy = new LinearRetry(200),
        };
        options.TrustIssuer(endpoint.Authority);
        return await ConnectionMultiplexer.ConnectAsync(options);
    }

    /// <summary>Works until it is stopped; the operation under way is ended first.</summary>
    /// <param name="stop">Stops it.</param>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var operation = workload();
            var began = recorder.Now;
            var result = await TryAsync(operation);
            recorder.Add(new Invocation(id, operation, began, recorder.Now, result.Fate, result.Reply, result.Error));
            // What fails at once, since there is no connection, is not asked for as often as the machine can.
            await Task.Delay(result.Fate == Fate.Unknown ? BackOff : pace * random.NextDouble(), clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<OperationResult> TryAsync(Operation operation)
    {
        try
        {
            return operation.Kind switch
            {
                OperationKind.Add => Executed(await database.SetAddAsync(operation.Key, operation.Value) ? 1 : 0),
                OperationKind.Append => Executed(await database.ListRightPushAsync(operation.Key, operation.Value)),
                OperationKind.Write => Executed(await database.StringSetAsync(operation.Key, operation.Value) ? 0 : throw new InvalidOperationException("SET was not answered with OK.")),
                OperationKind.Read => Executed((long?)await database.StringGetAsync(operation.Key) ?? 0),
                OperationKind.Increment => Executed(await database.StringIncrementAsync(operation.Key)),
                OperationKind.AppendAndCount => await TransactAsync(operation),
                _ => throw new InvalidOperationException($"{operation.Kind} is not known."),
            };
        }
        catch (RedisServerException exception)
        {
            return OperationResult.Failed(exception.Message);
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException or OperationCanceledException)
        {
            // Whether it was sent is not always told.
            return new OperationResult(Fate.Unknown, 0, exception.Message);
        }
    }

    private async Task<OperationResult> TransactAsync(Operation operation)
    {
        var transaction = database.CreateTransaction();
        var pushed = transaction.ListRightPushAsync(operation.Key, operation.Value);
        var counted = transaction.StringIncrementAsync(operation.Counter!);
        if (await transaction.ExecuteAsync())
        {
            await pushed;
            return Executed(await counted);
        }

        return new OperationResult(Fate.Refused, 0, "EXEC was answered with nothing");
    }

    private static OperationResult Executed(long reply) => new(Fate.Executed, reply);
}
