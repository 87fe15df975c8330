namespace Larder.Model.Events;

/// <summary>Takes events of caches. Thread-safe; never throws for a full or failing disk, which is logged instead, and never waits for it.</summary>
public interface IEventJournal
{
    /// <summary>Notes an event.</summary>
    /// <param name="happened">The event; its sequence is given by the journal.</param>
    void Append(CacheEvent happened);

    /// <summary>Forgets all events of a cache that was deleted; whoever follows it is told that it has ended.</summary>
    /// <param name="cache">The cache's name.</param>
    void Forget(string cache);
}
