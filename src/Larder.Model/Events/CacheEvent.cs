namespace Larder.Model.Events;

/// <summary>Something that happened to a cache and that an operator may want to know afterwards. Immutable; holds no secrets.</summary>
/// <param name="Kind">What kind of thing.</param>
/// <param name="Cache">The cache's name.</param>
/// <param name="Message">One sentence that stands alone: what happened, to which thing, and what follows from it.</param>
public sealed record CacheEvent(EventKind Kind, string Cache, string Message)
{
    /// <summary>The place in the cache's journal: rising from 1, never used twice; 0 before the journal has taken it.</summary>
    public long Sequence { get; init; }

    /// <summary>When it happened; set by the journal where it is not given.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>The shard, where it happened to one.</summary>
    public int? Shard { get; init; }

    /// <summary>The node's ordinal, where it happened to one.</summary>
    public int? Node { get; init; }

    /// <summary>The shard's epoch at that time, where one matters.</summary>
    public long? Epoch { get; init; }
}
