using Larder.Model.Events;
using Larder.Model.Status;

namespace Larder.Controller.Caches;

/// <summary>Notes a cache's turning points: created, changed, degraded, ready again. Used by the cache's loop alone.</summary>
/// <param name="events">Where they are noted.</param>
internal sealed class CacheHistory(IEventJournal events)
{
    private CacheState? _told;

    /// <summary>Notes that a spec's generation is reached for the first time.</summary>
    /// <param name="cache">The cache's name.</param>
    /// <param name="generation">Which one; the first is the creation.</param>
    public void Reached(string cache, long generation)
    {
        events.Append(generation == 1
            ? new CacheEvent(EventKind.CacheCreated, cache, $"{cache} is ready for the first time.")
            : new CacheEvent(EventKind.CacheUpdated, cache, $"{cache} is as its changed spec wants it."));
        _told = CacheState.Ready;
    }

    /// <summary>Notes that a cache lacks something, or lacks nothing any more.</summary>
    /// <param name="cache">The cache's name.</param>
    /// <param name="state">Its state.</param>
    /// <param name="problem">What it waits for; empty where for nothing.</param>
    /// <param name="settled">Whether all its shards have been looked at since the daemon started; before that the state says nothing.</param>
    public void Observe(string cache, CacheState state, string problem, bool settled)
    {
        if (!settled || state == _told || state is not (CacheState.Ready or CacheState.Degraded))
        {
            return;
        }

        events.Append(state == CacheState.Degraded
            ? new CacheEvent(EventKind.CacheDegraded, cache, $"{cache} lacks something: {problem}.")
            : new CacheEvent(
                EventKind.CacheReady, cache,
                _told is null ? $"{cache} is served by a daemon that was started; all is in sync." : $"{cache} is whole again: all is in sync."));
        _told = state;
    }
}
