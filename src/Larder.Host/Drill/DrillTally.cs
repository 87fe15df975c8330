namespace Larder.Host.Drill;

/// <summary>What one client of a drill saw. Used by that client alone until it has ended.</summary>
internal sealed class DrillTally
{
    private readonly Dictionary<string, int> _errors = new(StringComparer.Ordinal);

    /// <summary>Writes that were acknowledged.</summary>
    public long Acknowledged { get; private set; }

    /// <summary>Writes whose fate the client does not know.</summary>
    public long Uncertain { get; private set; }

    /// <summary>The longest time between two acknowledged writes.</summary>
    public TimeSpan LongestPause { get; private set; }

    /// <summary>How often each kind of error was seen.</summary>
    public IReadOnlyDictionary<string, int> Errors => _errors;

    /// <summary>Keys that were set with an acknowledgement.</summary>
    public List<string> Keys { get; } = [];

    /// <summary>Keys of which the client does not know whether they were set: they may be there, and are to be removed as well.</summary>
    public List<string> UncertainKeys { get; } = [];

    /// <summary>All keys that may be there.</summary>
    public IEnumerable<string> PossibleKeys => Keys.Concat(UncertainKeys);

    /// <summary>Acknowledged increments of the client's counter.</summary>
    public long Counted { get; set; }

    /// <summary>Increments whose fate the client does not know.</summary>
    public long Uncounted { get; set; }

    /// <summary>Notes an acknowledged write.</summary>
    /// <param name="pause">The time since the one before.</param>
    public void Note(TimeSpan pause)
    {
        Acknowledged++;
        LongestPause = pause > LongestPause ? pause : LongestPause;
    }

    /// <summary>Notes that the client ends.</summary>
    /// <param name="pause">The time since its last acknowledged write.</param>
    public void End(TimeSpan pause) => LongestPause = pause > LongestPause ? pause : LongestPause;

    /// <summary>Notes an error.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="uncertain">Whether a write may have been carried out nevertheless.</param>
    public void NoteError(string kind, bool uncertain)
    {
        _errors[kind] = _errors.GetValueOrDefault(kind) + 1;
        Uncertain += uncertain ? 1 : 0;
    }
}
