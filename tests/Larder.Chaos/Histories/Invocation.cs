namespace Larder.Chaos.Histories;

/// <summary>One operation of one client with what came of it.</summary>
/// <param name="Client">Which client; each has one operation under way at a time.</param>
/// <param name="Operation">What was asked for.</param>
/// <param name="Began">Before its first byte was sent; monotonic, since the run began.</param>
/// <param name="Ended">After the last byte of the answer, or when the client gave up.</param>
/// <param name="Fate">What is known of it.</param>
/// <param name="Reply">The integer of an acknowledged operation's answer; for a transaction the counter's; 0 for an absent key and for <c>SET</c>.</param>
/// <param name="Error">What was answered or went wrong, where the fate is not <see cref="Fate.Executed"/>.</param>
public sealed record Invocation(int Client, Operation Operation, TimeSpan Began, TimeSpan Ended, Fate Fate, long Reply = 0, string? Error = null)
{
    /// <summary>Whether it is a write that was acknowledged.</summary>
    public bool IsAcknowledgedWrite => Fate == Fate.Executed && Operation.IsWrite;

    /// <inheritdoc/>
    public override string ToString() =>
        $"client {Client}: {Operation} [{Began.TotalSeconds:F3} s, {Ended.TotalSeconds:F3} s] {Fate}{(Fate == Fate.Executed ? $" {Reply}" : $" ({Error})")}";
}
