using Larder.Chaos.Histories;

namespace Larder.Chaos.Checking;

/// <summary>What clients noticed of a fault: from its beginning to the beginning of the next, or to the end of the run.</summary>
/// <param name="Fault">The fault.</param>
/// <param name="AcknowledgedWrites">Writes that were acknowledged in that time.</param>
/// <param name="UnknownFates">Writes whose fate became unknown in that time.</param>
/// <param name="Refused">Writes that were definitely refused in that time.</param>
/// <param name="FirstAcknowledged">From the fault's beginning to the first acknowledgement of a write that began after it; <c>null</c> where there was none.</param>
/// <param name="LongestPause">The longest time without any acknowledged write; <c>null</c> where there was none at all.</param>
public sealed record FaultOutcome(
    FaultRecord Fault, long AcknowledgedWrites, long UnknownFates, long Refused, TimeSpan? FirstAcknowledged, TimeSpan? LongestPause)
{
    /// <summary>From the fault's beginning to the cache Ready again; <c>null</c> where the wait ran out.</summary>
    public TimeSpan? UntilReady => Fault.Ready - Fault.Began;

    internal static IEnumerable<FaultOutcome> Of(RunHistory history)
    {
        var writes = history.Invocations.Where(one => one.Operation.IsWrite).OrderBy(one => one.Ended).ToList();
        for (var i = 0; i < history.Faults.Length; i++)
        {
            var fault = history.Faults[i];
            var end = i + 1 < history.Faults.Length ? history.Faults[i + 1].Began : TimeSpan.MaxValue;
            var within = writes.Where(one => one.Ended >= fault.Began && one.Ended < end).ToList();
            var acknowledged = within.Where(one => one.Fate == Fate.Executed).ToList();
            var pause = TimeSpan.Zero;
            var previous = fault.Began;
            foreach (var write in acknowledged)
            {
                pause = write.Ended - previous > pause ? write.Ended - previous : pause;
                previous = write.Ended;
            }

            yield return new FaultOutcome(
                fault,
                acknowledged.Count,
                within.Count(one => one.Fate == Fate.Unknown),
                within.Count(one => one.Fate == Fate.Refused),
                acknowledged.FirstOrDefault(one => one.Began >= fault.Began)?.Ended - fault.Began,
                acknowledged.Count == 0 ? null : pause);
        }
    }
}
