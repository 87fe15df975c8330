using System.Collections.Immutable;
using Larder.Chaos.Histories;

namespace Larder.Chaos.Checking;

/// <summary>Collects anomalies: counts of all, examples of some. Not thread-safe.</summary>
/// <param name="faults">The faults that anomalies are attributed to.</param>
internal sealed class Findings(ImmutableArray<FaultRecord> faults)
{
    private const int ExamplesOfAKind = 5;

    private readonly Dictionary<(AnomalyKind Kind, int Fault), long> _counts = [];
    private readonly List<Anomaly> _examples = [];

    /// <summary>Unknown fates that turned out as executed, as far as that can be seen.</summary>
    public long UnknownButExecuted { get; set; }

    /// <summary>Adds anomalies that one observation shows.</summary>
    /// <param name="kind">What.</param>
    /// <param name="seenAt">When the observation had ended.</param>
    /// <param name="text">What was expected and seen; asked for only where it is kept.</param>
    /// <param name="count">How many.</param>
    public void Add(AnomalyKind kind, TimeSpan seenAt, Func<string> text, long count = 1)
    {
        // The observation's end: one that began before a fault, and was answered after it, was held and answered by what the fault left.
        var fault = FaultAt(faults, seenAt);
        _counts[(kind, fault)] = _counts.GetValueOrDefault((kind, fault)) + count;
        if (_examples.Count(one => one.Kind == kind) < ExamplesOfAKind)
        {
            _examples.Add(new Anomaly(kind, seenAt, fault, text()));
        }
    }

    /// <summary>The counts by kind and fault.</summary>
    public ImmutableDictionary<(AnomalyKind Kind, int Fault), long> Counts => _counts.ToImmutableDictionary();

    /// <summary>Some of each kind, in the order of time.</summary>
    public ImmutableArray<Anomaly> Examples => [.. _examples.OrderBy(one => one.SeenAt)];

    /// <summary>The index of the last fault that had begun at a time, or -1.</summary>
    public static int FaultAt(ImmutableArray<FaultRecord> faults, TimeSpan time)
    {
        var index = faults.Length - 1;
        while (index >= 0 && faults[index].Began > time)
        {
            index--;
        }

        return index;
    }
}
