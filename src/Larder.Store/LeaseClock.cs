namespace Larder.Store;

/// <summary>
/// Decides in memory which leases of an embedded store live, on the monotonic part of an injected clock. A lease that has ended is counted until its
/// keys are deleted and <see cref="Remove"/> is called, but nothing revives it. Thread-safe: no call waits for more than a few instructions.
/// </summary>
public sealed class LeaseClock : IDisposable
{
    /// <summary>Below what timers can count, which is 2^32 - 2 milliseconds (49.7 days); a longer wait is made of several.</summary>
    private static readonly TimeSpan LongestDue = TimeSpan.FromDays(49);

    // Guards the leases and the timer's due time. Nobody is called back under it.
    private readonly Lock _gate = new();
    private readonly Dictionary<long, Lease> _leases = [];
    private readonly TimeProvider _clock;
    private readonly Action _ended;
    private readonly ITimer _timer;

    /// <summary>Makes a clock that counts nothing yet.</summary>
    /// <param name="clock">The clock.</param>
    /// <param name="ended">Called by a timer, on any thread, soon after the time of a lease ran out; not by <see cref="End"/>.</param>
    public LeaseClock(TimeProvider clock, Action ended)
    {
        (_clock, _ended) = (clock, ended);
        _timer = clock.CreateTimer(_ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Begins to count a lease.</summary>
    /// <param name="leaseId">The lease.</param>
    /// <param name="timeToLive">How long it lives after a renewal.</param>
    public void Add(long leaseId, TimeSpan timeToLive)
    {
        lock (_gate)
        {
            _leases[leaseId] = new Lease(timeToLive, _clock.GetTimestamp(), Revoked: false);
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
            if (!_leases.TryGetValue(leaseId, out var lease) || HasEnded(lease))
            {
                return false;
            }

            // A renewal only moves ends later, so it leaves the timer: at worst that fires once for nothing and is armed anew.
            _leases[leaseId] = lease with { RenewedAt = _clock.GetTimestamp() };
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
            return _leases.TryGetValue(leaseId, out var lease) && !HasEnded(lease);
        }
    }

    /// <summary>Ends a lease now.</summary>
    /// <param name="leaseId">The lease.</param>
    /// <returns>Whether it is counted, so that there may be keys to delete: also where it had ended before.</returns>
    public bool End(long leaseId)
    {
        lock (_gate)
        {
            if (!_leases.TryGetValue(leaseId, out var lease))
            {
                return false;
            }

            _leases[leaseId] = lease with { Revoked = true };
            return true;
        }
    }

    /// <summary>Stops counting a lease, since its keys are gone.</summary>
    /// <param name="leaseId">The lease.</param>
    public void Remove(long leaseId)
    {
        lock (_gate)
        {
            _leases.Remove(leaseId);
        }
    }

    /// <summary>The leases that have ended and were not removed yet.</summary>
    /// <returns>Their ids, rising.</returns>
    public IReadOnlyList<long> FindEnded()
    {
        lock (_gate)
        {
            return [.. _leases.Where(lease => HasEnded(lease.Value)).Select(lease => lease.Key).Order()];
        }
    }

    /// <summary>Stops the timer. What was said of the leases can still be asked.</summary>
    public void Dispose() => _timer.Dispose();

    private void OnTimer()
    {
        bool ended;
        lock (_gate)
        {
            ended = _leases.Values.Any(HasEnded);
            Arm();
        }

        if (ended)
        {
            _ended();
        }
    }

    private void Arm()
    {
        var left = _leases.Values.Where(lease => !HasEnded(lease)).Select(Left).DefaultIfEmpty(TimeSpan.MaxValue).Min();
        if (left < TimeSpan.MaxValue)
        {
            // The timer counts whole milliseconds; one more makes sure that the lease has ended when it fires.
            var due = left < LongestDue ? left + TimeSpan.FromMilliseconds(1) : LongestDue;
            _timer.Change(due, Timeout.InfiniteTimeSpan);
        }
    }

    private bool HasEnded(Lease lease) => lease.Revoked || Left(lease) <= TimeSpan.Zero;

    private TimeSpan Left(Lease lease) => lease.TimeToLive - _clock.GetElapsedTime(lease.RenewedAt);

    private readonly record struct Lease(TimeSpan TimeToLive, long RenewedAt, bool Revoked);
}
