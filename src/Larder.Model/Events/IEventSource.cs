namespace Larder.Model.Events;

/// <summary>Gives the events of caches back. Thread-safe.</summary>
public interface IEventSource
{
    /// <summary>The events of a cache after one that is known.</summary>
    /// <param name="cache">The cache's name, in any case.</param>
    /// <param name="after">The sequence of the last event that is known; 0 for all that are kept.</param>
    /// <param name="patience">How long to wait where there is none; zero to answer at once.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The events that are kept, oldest first; none where the patience has passed.</returns>
    Task<EventPage> ReadAsync(string cache, long after, TimeSpan patience, CancellationToken cancellationToken);
}
