namespace Larder.Store;

/// <summary>
/// Counts the leases of an embedded store in memory, on the monotonic part of an injected clock: when each ends, and one timer for the next end.
/// Not thread-safe: the store calls it under its own lock.
/// </summary>
/// <param name="clock">The clock.</param>
/// <param name="expired">Called by the timer, on any thread, when a lease may have ended.</param>
public sealed class LeaseClock(TimeProvider clock, Action expired) : IDisposable
{
    private readonly Dictionary<long, (TimeSpan TimeToLive, long RenewedAt)> _leases = [];
    private ITimer? _timer;

    /// <summary>Begins to count a lease.</summary>
    /// <param name="leaseId">The lease.</param>
    /// <param name="timeToLive">How long it lives after a renewal.</param>
    public void Add(long leaseId, TimeSpan timeToLive)
    {
        _leases[leaseId] = (timeToLive, clock.GetTimestamp());
        Arm();
    }

    /// <summary>Renews a lease.</summary>
    /// <param name="leaseId">The lease.</param>
    /// <returns>False where it has ended or never was.</returns>
    public bool Renew(long leaseId)
    {
        if (!IsAlive(leaseId))
        {
            return false;
        }

        _leases[leaseId] = (_leases[leaseId].TimeToLive, clock.GetTimestamp());
        return true;
    }

    /// <summary>Whether a lease lives.</summary>
    /// <param name="leaseId">The lease.</param>
    /// <returns>False where it has ended or never was.</returns>
    public bool IsAlive(long leaseId) => _leases.TryGetValue(leaseId, out var lease) && Left(lease) > TimeSpan.Zero;

    /// <summary>Stops counting a lease.</summary>
    /// <param name="leaseId">The lease.</param>
    /// <returns>Whether it was counted.</returns>
    public bool Remove(long leaseId) => _leases.Remove(leaseId);

    /// <summary>The leases that have ended and were not removed yet, and arms the timer for the next end.</summary>
    /// <returns>Their ids, rising.</returns>
    public IReadOnlyList<long> FindEnded()
    {
        var ended = _leases.Where(lease => Left(lease.Value) <= TimeSpan.Zero).Select(lease => lease.Key).Order().ToList();
        Arm();
        return ended;
    }

    /// <inheritdoc/>
    public void Dispose() => _timer?.Dispose();

    private void Arm()
    {
        var alive = _leases.Values.Select(Left).Where(left => left > TimeSpan.Zero).ToList();
        if (alive.Count == 0)
        {
            return;
        }

        // A renewal only moves ends later, so it leaves the timer: at worst it fires once for nothing and is armed anew. The timer counts
        // whole milliseconds; one more makes sure that the lease has ended when it fires.
        var due = alive.Min() + TimeSpan.FromMilliseconds(1);
        _timer ??= clock.CreateTimer(_ => expired(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(due, Timeout.InfiniteTimeSpan);
    }

    private TimeSpan Left((TimeSpan TimeToLive, long RenewedAt) lease) => lease.TimeToLive - clock.GetElapsedTime(lease.RenewedAt);
}
