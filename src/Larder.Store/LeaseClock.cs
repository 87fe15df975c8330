namespace Larder.Store;

/// <summary>
/// Counts the leases of an embedded store in memory, on the monotonic part of an injected clock: when each ends, and one timer for the next end.
/// A lease's life is decided here alone and at once; that its keys are deleted is the store's work, which may take a while. Thread-safe.
/// </summary>
/// <param name="clock">The clock.</param>
/// <param name="expired">Called by the timer, on any thread, when a lease may have ended.</param>
public sealed class LeaseClock(TimeProvider clock, Action expired) : IDisposable
{
    /// <summary>A timer counts no more than 49 days; looking once a day costs nothing.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<long, (TimeSpan TimeToLive, long RenewedAt)> _leases = [];
    private ITimer? _timer;
    private bool _disposed;

    /// <summary>Begins to count a lease.</summary>
    /// <param name="leaseId">The lease.</param>
    /// <param name="timeToLive">How long it lives after a renewal.</param>
    public void Add(long leaseId, TimeSpan timeToLive)
    {
        lock (_gate)
        {
            _leases[leaseId] = (timeToLive, clock.GetTimestamp());
            Arm();
        }
    }

    /// <summary>Renews a lease.</summary>
    /// <param name="leaseId">The lease.</param>
    /// <returns>False where it has ended or never was.</returns>
    public bool Renew(long leaseId)
    {
        lock (_gate)
        {
            if (!IsAliveLocked(leaseId))
            {
                return false;
            }

            _leases[leaseId] = (_leases[leaseId].TimeToLive, clock.GetTimestamp());
            return true;
        }
    }

    /// <summary>Whether a lease lives.</summary>
    /// <param name="leaseId">The lease.</param>
    /// <returns>False where it has ended or never was.</returns>
    public bool IsAlive(long leaseId)
    {
        lock (_gate)
        {
            return IsAliveLocked(leaseId);
        }
    }

    /// <summary>Ends a lease now. It stays among the ended ones until it is removed.</summary>
    /// <param name="leaseId">The lease.</param>
    /// <returns>Whether it is counted.</returns>
    public bool End(long leaseId)
    {
        lock (_gate)
        {
            if (!_leases.ContainsKey(leaseId))
            {
                return false;
            }

            _leases[leaseId] = (TimeSpan.Zero, clock.GetTimestamp());
            return true;
        }
    }

    /// <summary>Stops counting a lease.</summary>
    /// <param name="leaseId">The lease.</param>
    /// <returns>Whether it was counted.</returns>
    public bool Remove(long leaseId)
    {
        lock (_gate)
        {
            return _leases.Remove(leaseId);
        }
    }

    /// <summary>The leases that have ended and were not removed yet, and arms the timer for the next end.</summary>
    /// <returns>Their ids, rising.</returns>
    public IReadOnlyList<long> FindEnded()
    {
        lock (_gate)
        {
            var ended = _leases.Where(lease => Left(lease.Value) <= TimeSpan.Zero).Select(lease => lease.Key).Order().ToList();
            Arm();
            return ended;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _timer?.Dispose();
        }
    }

    private bool IsAliveLocked(long leaseId) => _leases.TryGetValue(leaseId, out var lease) && Left(lease) > TimeSpan.Zero;

    private void Arm()
    {
        var alive = _leases.Values.Select(Left).Where(left => left > TimeSpan.Zero).ToList();
        if (alive.Count == 0 || _disposed)
        {
            return;
        }

        // A renewal only moves ends later, so it leaves the timer: at worst it fires once for nothing and is armed anew. The timer counts
        // whole milliseconds; one more makes sure that the lease has ended when it fires.
        var due = alive.Min() + TimeSpan.FromMilliseconds(1);
        _timer ??= clock.CreateTimer(_ => expired(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(due < LongestWait ? due : LongestWait, Timeout.InfiniteTimeSpan);
    }

    private TimeSpan Left((TimeSpan TimeToLive, long RenewedAt) lease) => lease.TimeToLive - clock.GetElapsedTime(lease.RenewedAt);
}
