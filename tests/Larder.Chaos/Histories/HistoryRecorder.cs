using System.Collections.Concurrent;

namespace Larder.Chaos.Histories;

/// <summary>Takes down a run while it goes on. Thread-safe.</summary>
/// <param name="clock">The clock; only its monotonic side is used.</param>
public sealed class HistoryRecorder(TimeProvider clock)
{
    private readonly long _origin = clock.GetTimestamp();
    private readonly ConcurrentQueue<Invocation> _invocations = new();
    private readonly ConcurrentQueue<Snapshot> _snapshots = new();
    private readonly ConcurrentQueue<RoleSample> _samples = new();
    private readonly ConcurrentQueue<FaultRecord> _faults = new();

    /// <summary>The time since the run began.</summary>
    public TimeSpan Now => clock.GetElapsedTime(_origin);

    /// <summary>Takes down an operation that has ended.</summary>
    public void Add(Invocation invocation) => _invocations.Enqueue(invocation);

    /// <summary>Takes down a snapshot.</summary>
    public void Add(Snapshot snapshot) => _snapshots.Enqueue(snapshot);

    /// <summary>Takes down who was shown as primary.</summary>
    public void Add(RoleSample sample) => _samples.Enqueue(sample);

    /// <summary>Takes down a fault that is over.</summary>
    public void Add(FaultRecord fault) => _faults.Enqueue(fault);

    /// <summary>What was taken down so far.</summary>
    public RunHistory Build() => new([.. _invocations], [.. _snapshots], [.. _samples], [.. _faults]);
}
