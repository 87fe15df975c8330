namespace Larder.Store;

/// <summary>What became of a transaction.</summary>
/// <param name="Outcome">Whether it was done.</param>
/// <param name="Revision">The revision it was committed at (or, where it changed nothing or was refused, the store's revision then).</param>
public readonly record struct CommitResult(CommitOutcome Outcome, long Revision)
{
    /// <summary>Whether everything was done.</summary>
    public bool Committed => Outcome == CommitOutcome.Committed;
}
