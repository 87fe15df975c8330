using Larder.Chaos.Faults;

namespace Larder.Chaos.Histories;

/// <summary>A fault that was injected, and how long it took until all was well again.</summary>
/// <param name="Kind">What was done.</param>
/// <param name="Began">Just after it was done, so that no write that began later met the cache as it was; monotonic, since the run began.</param>
/// <param name="Ready">When the cache was first seen Ready with every node that was ended replaced; <c>null</c> where the wait ran out.</param>
/// <param name="EpochBefore">The shard's epoch before.</param>
/// <param name="EpochAfter">The shard's epoch when it was Ready again.</param>
/// <param name="NodesEnded">How many nodes lost their process, whoever ended it: as many copies of the data went with them where nothing is persisted.</param>
/// <param name="Note">What an observer must know, such as that the moment aimed for was missed; else <c>null</c>.</param>
public sealed record FaultRecord(
    FaultKind Kind, TimeSpan Began, TimeSpan? Ready, long EpochBefore, long EpochAfter, int NodesEnded, string? Note = null)
{
    /// <summary>The shard that it was done to; 0 where it was done to the whole cache.</summary>
    public int Shard { get; init; }

    /// <summary>Whether the next one was injected before all was well again, so that what is seen after that one may come from this one.</summary>
    public bool Overlapped { get; init; }

    /// <summary>Elections that nothing here was the reason of: on a busy host a primary may be taken for hung, which a checker must know.</summary>
    public int UnplannedElections { get; init; }
}
