namespace Larder.Gateway.Lanes;

/// <summary>The commands of a lane in their order: a ring that grows. One thread.</summary>
internal sealed class LaneQueue
{
    private LaneEntry[] _entries = new LaneEntry[64];
    private int _head;

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>The first.</summary>
    public ref LaneEntry Head => ref _entries[_head];

    /// <summary>Adds one at the end.</summary>
    /// <param name="entry">The command.</param>
    public void Add(in LaneEntry entry)
    {
        if (Count == _entries.Length)
        {
            Grow();
        }

        _entries[(_head + Count++) & (_entries.Length - 1)] = entry;
    }

    /// <summary>Takes the first.</summary>
    public LaneEntry Take()
    {
        var entry = _entries[_head];
        _entries[_head] = default; // Whose it was is not kept alive by it.
        _head = (_head + 1) & (_entries.Length - 1);
        Count--;
        return entry;
    }

    /// <summary>All of a session, in their order.</summary>
    /// <param name="session">The session.</param>
    public IEnumerable<LaneEntry> Of(SharedSession session)
    {
        for (var index = 0; index < Count; index++)
        {
            var entry = _entries[(_head + index) & (_entries.Length - 1)];
            if (ReferenceEquals(entry.Session, session))
            {
                yield return entry;
            }
        }
    }

    /// <summary>Takes all.</summary>
    public List<LaneEntry> TakeAll()
    {
        var all = new List<LaneEntry>(Count);
        while (Count > 0)
        {
            all.Add(Take());
        }

        return all;
    }

    private void Grow()
    {
        var larger = new LaneEntry[_entries.Length * 2];
        for (var index = 0; index < Count; index++)
        {
            larger[index] = _entries[(_head + index) & (_entries.Length - 1)];
        }

        (_entries, _head) = (larger, 0);
    }
}
