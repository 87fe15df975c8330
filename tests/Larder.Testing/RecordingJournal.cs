using System.Collections.Concurrent;
using System.Collections.Immutable;
using Larder.Model.Events;

namespace Larder.Testing;

/// <summary>Events in memory, in the order in which they came.</summary>
public sealed class RecordingJournal : IEventJournal, IEventSource
{
    private readonly ConcurrentQueue<CacheEvent> _events = new();

    /// <summary>All events so far.</summary>
    public ImmutableArray<CacheEvent> Events => [.. _events];

    /// <inheritdoc/>
    public void Append(CacheEvent happened)
    {
        lock (_events)
        {
            _events.Enqueue(happened with { Sequence = _events.Count + 1 });
        }
    }

    /// <inheritdoc/>
    public void Forget(string cache)
    {
        // A test may look at them still.
    }

    /// <inheritdoc/>
    public Task<EventPage> ReadAsync(string cache, long after, TimeSpan patience, CancellationToken cancellationToken) => Task.FromResult(
        new EventPage([.. _events.Where(happened => happened.Sequence > after && happened.Cache.Equals(cache, StringComparison.OrdinalIgnoreCase))], false));
}
