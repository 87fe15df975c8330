using Larder.Model.Events;

namespace Larder.Controller.Events;

/// <summary>The newest events of one cache: in memory for whoever asks, on disk for the next daemon. Thread-safe.</summary>
/// <param name="file">Where they are kept.</param>
/// <param name="kept">How many are kept in memory; on disk it may be twice as many.</param>
internal sealed class CacheJournal(EventFile file, int kept)
{
    private readonly Lock _gate = new();
    private readonly Queue<CacheEvent> _events = new();
    private TaskCompletionSource _changed = New();
    private bool _loaded;
    private bool _ended;
    private long _last;

    /// <summary>Adds an event. It is in memory also where the disk fails, and reaches the disk with the next one that does not.</summary>
    /// <param name="happened">The event.</param>
    /// <exception cref="IOException">It is not on disk.</exception>
    public void Add(CacheEvent happened)
    {
        lock (_gate)
        {
            Load();
            var numbered = happened with { Sequence = ++_last };
            _events.Enqueue(numbered);
            if (_events.Count > kept)
            {
                _events.Dequeue();
            }

            _changed.TrySetResult();
            _changed = New();
            if (file.Damaged || file.Lines >= 2 * kept)
            {
                file.Replace(_events);
            }
            else
            {
                file.Append(numbered);
            }
        }
    }

    /// <summary>The events after one, and what completes when there are more.</summary>
    /// <param name="after">The sequence of the last one that is known.</param>
    /// <returns>The page and the signal.</returns>
    /// <exception cref="IOException">They cannot be read.</exception>
    public (EventPage Page, Task Changed) After(long after)
    {
        lock (_gate)
        {
            Load();
            return (new EventPage([.. _events.Where(happened => happened.Sequence > after)], _ended), _changed.Task);
        }
    }

    /// <summary>Removes everything, and tells those who wait.</summary>
    public void End()
    {
        lock (_gate)
        {
            _ended = true;
            _events.Clear();
            _changed.TrySetResult();
            file.Delete();
        }
    }

    private void Load()
    {
        if (_loaded || _ended)
        {
            return;
        }

        foreach (var happened in file.Read())
        {
            _events.Enqueue(happened);
            _last = happened.Sequence;
            if (_events.Count > kept)
            {
                _events.Dequeue();
            }
        }

        _loaded = true;
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
