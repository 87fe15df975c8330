using Larder.Chaos.Histories;

namespace Larder.Chaos.Clients;

/// <summary>MULTI, RPUSH, INCR, EXEC: in one piece, or one after the other, so that a handover finds the transaction open.</summary>
internal static class TransactionCall
{
    public static async Task<OperationResult> InOnePieceAsync(RespConnection connection, Operation operation, CancellationToken cancellationToken)
    {
        foreach (var command in Commands(operation))
        {
            connection.Add(command);
        }

        await connection.SendAsync(cancellationToken);
        RespValue last = new RespValue.Bulk(null);
        for (var i = 0; i < 4; i++)
        {
            last = await connection.ReadAsync(cancellationToken);
        }

        return Ended(last);
    }

    /// <param name="connection">The connection.</param>
    /// <param name="operation">The transaction.</param>
    /// <param name="lastSent">Called just before EXEC is sent: what ends earlier is certainly not executed.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<OperationResult> StepByStepAsync(
        RespConnection connection, Operation operation, Action lastSent, CancellationToken cancellationToken)
    {
        var commands = Commands(operation);
        string[] expected = ["OK", "QUEUED", "QUEUED"];
        for (var i = 0; i < expected.Length; i++)
        {
            var answer = await connection.CallAsync(cancellationToken, commands[i]);
            if (answer != new RespValue.Simple(expected[i]))
            {
                // Not executed: EXEC is never sent. What the open transaction held ends with it.
                var discarded = i == 0 ? null : await connection.CallAsync(cancellationToken, "DISCARD");
                return new OperationResult(Fate.Refused, 0, $"{commands[i][0]} was answered with {answer}, then DISCARD with {discarded}");
            }
        }

        lastSent();
        return Ended(await connection.CallAsync(cancellationToken, commands[^1]));
    }

    private static string[][] Commands(Operation operation) =>
        [["MULTI"], ["RPUSH", operation.Key, $"{operation.Value}"], ["INCR", operation.Counter!], ["EXEC"]];

    private static OperationResult Ended(RespValue exec) => exec switch
    {
        RespValue.List { Items: [RespValue.Number, RespValue.Number counter] } => new OperationResult(Fate.Executed, counter.Value),

        // The engine says itself that a part was not executed; the data will show which.
        RespValue.List list => new OperationResult(Fate.Unknown, 0, $"EXEC was answered with {string.Join(", ", list.Items)}"),
        RespValue.Bulk { Text: null } => new OperationResult(Fate.Refused, 0, "EXEC was answered with nothing"),
        RespValue.Failure failure => OperationResult.Failed(failure.Text),
        _ => throw new InvalidOperationException($"Not a reply to EXEC: {exec}"),
    };
}
