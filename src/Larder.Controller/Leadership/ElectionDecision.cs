namespace Larder.Controller.Leadership;

/// <summary>The outcome of an election.</summary>
/// <param name="Winner">The node to promote, or <c>null</c> to wait.</param>
/// <param name="Reason">One sentence: why this one, or what is waited for.</param>
/// <param name="Lossy">Whether the winner lacks the newest generation of the data.</param>
/// <param name="MayBeForced">Whether it waits for what may never come, so that an operator may want to end the waiting.</param>
internal sealed record ElectionDecision(int? Winner, string Reason, bool Lossy = false, bool MayBeForced = false)
{
    /// <summary>Whether the winner has nothing, though the shard had data.</summary>
    public bool BeginsEmpty { get; init; }
}
