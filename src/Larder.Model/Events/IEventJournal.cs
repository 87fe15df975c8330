namespace Larder.Model.Events;

/// <summary>Takes events of caches. Thread-safe; never throws for a full or failing disk, which is logged instead, and never waits for it.</summary>
public interface IEventJournal
{
    /// <summary>Notes an event.</summary>
    /// <param name="happened">The event; its sequence is given by the journal.</param>
    void Append(CacheEvent happened);
}
