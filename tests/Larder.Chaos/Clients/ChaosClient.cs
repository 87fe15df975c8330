using System.Globalization;
using System.Net.Sockets;
using System.Security.Authentication;
using Larder.Chaos.Histories;

namespace Larder.Chaos.Clients;

/// <summary>
/// One client: one operation at a time, each sent once. A connection that breaks, or an answer that does not come in time, leaves the fate
/// unknown; the client then connects anew. Not thread-safe.
/// </summary>
/// <param name="id">Its number.</param>
/// <param name="endpoint">Where it connects to.</param>
/// <param name="workload">Tells what it asks for next.</param>
/// <param name="recorder">Where it takes down what comes of it.</param>
/// <param name="pace">The longest pause between two operations.</param>
/// <param name="random">Its own, for the pauses and the form of transactions.</param>
/// <param name="clock">The clock of all waits.</param>
public sealed class ChaosClient(
    int id, ClientEndpoint endpoint, Func<Operation> workload, HistoryRecorder recorder, TimeSpan pace, Random random, TimeProvider clock)
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromMilliseconds(160);

    /// <summary>Works until it is stopped; the operation under way is ended first.</summary>
    /// <param name="stop">Stops it.</param>
    public async Task RunAsync(CancellationToken stop)
    {
        RespConnection? connection = null;
        try
        {
            while (!stop.IsCancellationRequested)
            {
                connection ??= await ConnectAsync(stop);
                if (connection is null)
                {
                    return;
                }

                var operation = workload();
                var began = recorder.Now;
                var (result, usable) = await TryAsync(connection, operation);
                recorder.Add(new Invocation(id, operation, began, recorder.Now, result.Fate, result.Reply, result.Error));
                if (!usable)
                {
                    await connection.DisposeAsync();
                    connection = null;
                }

                await Task.Delay(pace * random.NextDouble(), clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            if (connection is not null)
            {
                await connection.DisposeAsync();
            }
        }
    }

    private async Task<(OperationResult Result, bool Usable)> TryAsync(RespConnection connection, Operation operation)
    {
        var lastSent = true;
        using var limit = new CancellationTokenSource(AnswerLimit, clock);
        try
        {
            switch (operation.Kind)
            {
                case OperationKind.AppendAndCount when random.Next(2) == 0:
                    return (await TransactionCall.InOnePieceAsync(connection, operation, limit.Token), true);
                case OperationKind.AppendAndCount:
                    lastSent = false;
                    return (await TransactionCall.StepByStepAsync(connection, operation, () => lastSent = true, limit.Token), true);
                default:
                    return (OperationResult.Of(await connection.CallAsync(limit.Token, Command(operation))), true);
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
        {
            var error = exception is OperationCanceledException ? $"no answer within {AnswerLimit.TotalSeconds} s" : exception.Message;
            return (new OperationResult(lastSent ? Fate.Unknown : Fate.Refused, 0, lastSent ? error : $"EXEC was not sent: {error}"), false);
        }
    }

    private static string[] Command(Operation operation)
    {
        var value = operation.Value.ToString(CultureInfo.InvariantCulture);
        return operation.Kind switch
        {
            OperationKind.Add => ["SADD", operation.Key, value],
            OperationKind.Append => ["RPUSH", operation.Key, value],
            OperationKind.Write => ["SET", operation.Key, value],
            OperationKind.Read => ["GET", operation.Key],
            OperationKind.Increment => ["INCR", operation.Key],
            _ => throw new InvalidOperationException($"{operation.Kind} is not one command."),
        };
    }

    private async Task<RespConnection?> ConnectAsync(CancellationToken stop)
    {
        var backOff = FirstBackOff;
        while (!stop.IsCancellationRequested)
        {
            using var limit = new CancellationTokenSource(AnswerLimit, clock);
            try
            {
                return await RespConnection.OpenAsync(endpoint, limit.Token);
            }
            catch (Exception exception) when (exception is IOException or SocketException or AuthenticationException or OperationCanceledException)
            {
                // No door at the moment, and nothing was asked for: a fault may take it away for a while. Clients that never get in
                // acknowledge nothing, which the verdict tells.
            }

            await Task.Delay(backOff, clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            backOff = backOff * 2 < LongestBackOff ? backOff * 2 : LongestBackOff;
        }

        return null;
    }
}
