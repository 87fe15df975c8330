namespace Larder.Store;

/// <summary>Why a transaction was or was not done.</summary>
public enum CommitOutcome
{
    /// <summary>All operations are done and durable.</summary>
    Committed,

    /// <summary>A condition did not hold; nothing was done. Read again and decide anew.</summary>
    Conflict,

    /// <summary>A lease that it names has ended; nothing was done.</summary>
    LeaseEnded,
}
