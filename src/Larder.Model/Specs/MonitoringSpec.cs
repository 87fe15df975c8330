using System.Collections.Immutable;

namespace Larder.Model.Specs;

/// <summary>The <c>monitoring</c> section of a spec.</summary>
public sealed record MonitoringSpec
{
    /// <summary>Which alarms there are.</summary>
    public MonitoringMode Mode { get; init; } = MonitoringMode.Automated;

    /// <summary>
    /// The alarms of <see cref="MonitoringMode.Custom"/> by key (<c>cpu_metric_alert</c>, <c>memory_metric_alert</c>,
    /// <c>server_load_metric_alert</c>); empty in the other modes.
    /// </summary>
    public ImmutableSortedDictionary<string, AlarmSpec> Alarms { get; init; } = ImmutableSortedDictionary<string, AlarmSpec>.Empty;

    /// <summary>Compares by value: the alarms entry by entry.</summary>
    /// <param name="other">Another section.</param>
    /// <returns>Whether they ask for the same.</returns>
    public bool Equals(MonitoringSpec? other) => other is not null && Mode == other.Mode && Alarms.SequenceEqual(other.Alarms);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(Mode);
        foreach (var alarm in Alarms)
        {
            hash.Add(alarm);
        }

        return hash.ToHashCode();
    }
}
