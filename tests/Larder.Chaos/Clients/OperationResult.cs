using Larder.Chaos.Histories;

namespace Larder.Chaos.Clients;

/// <summary>What a client learnt of one operation.</summary>
/// <param name="Fate">What is known.</param>
/// <param name="Reply">The reply's integer, where it was executed.</param>
/// <param name="Error">What was answered else.</param>
internal readonly record struct OperationResult(Fate Fate, long Reply = 0, string? Error = null)
{
    // The gateway's own word for what nobody knows; any other error is the answer of somebody who did not execute the command.
    private const string Uncertain = "UNCERTAIN";

    public static OperationResult Of(RespValue value) => value switch
    {
        RespValue.Number integer => new OperationResult(Fate.Executed, integer.Value),
        RespValue.Simple { Text: "OK" } => new OperationResult(Fate.Executed),
        RespValue.Bulk { Text: null } => new OperationResult(Fate.Executed),
        RespValue.Bulk { Text: { } text } => new OperationResult(Fate.Executed, long.Parse(text, System.Globalization.CultureInfo.InvariantCulture)),
        RespValue.Failure failure => Failed(failure.Text),
        _ => throw new InvalidOperationException($"Not a reply to any operation: {value}"),
    };

    public static OperationResult Failed(string error) =>
        new(error.StartsWith(Uncertain, StringComparison.Ordinal) ? Fate.Unknown : Fate.Refused, 0, error);
}
