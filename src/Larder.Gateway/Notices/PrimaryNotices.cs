using Larder.Model.Routing;

namespace Larder.Gateway.Notices;

/// <summary>
/// What clients are told of one primary, which an unclustered cache and each shard have: a handover from the hold to the release, and an unplanned change from the
/// route without a primary to the route with the next one. Thread-safe.
/// </summary>
/// <remarks>
/// <code>
/// handover:   FAILING_OVER, Starting, Start     (held)                        FAILED_OVER, FailoverComplete, Ended
/// undone:     FAILING_OVER, Starting, Start     (held)                        FAILED_OVER, Ended
/// unplanned:  FAILING_OVER                      (no primary)                  FAILED_OVER, FailoverComplete
///                                               (the next one at once)        FAILED_OVER, FailoverComplete
/// </code>
/// What opens is always closed: a client that waits for the closing notice with relaxed time limits would wait for ever.
/// </remarks>
/// <param name="shard">The shard; 0 of an unclustered cache.</param>
/// <param name="tell">Tells the clients whom it concerns.</param>
/// <param name="nextSequence">The next number of a notice of this cache.</param>
/// <param name="clock">The clock.</param>
internal sealed class PrimaryNotices(int shard, Action<Notice> tell, Func<long> nextSequence, TimeProvider clock)
{
    private readonly Lock _gate = new();
    private long? _epoch;
    private long? _heldEpoch;
    private bool _hasPrimary;
    private bool _isHeld;
    private bool _isOpen;

    /// <summary>A handover begins.</summary>
    /// <param name="limit">How long it may take.</param>
    public void OnHandover(TimeSpan limit)
    {
        lock (_gate)
        {
            if (_isHeld)
            {
                return;
            }

            (_isHeld, _heldEpoch) = (true, _epoch);
            Open(limit);
            tell(new AzureNotice(AzureEventType.NodeMaintenanceStarting, clock.GetUtcNow()));
            tell(new AzureNotice(AzureEventType.NodeMaintenanceStart));
        }
    }

    /// <summary>Commands go on: a handover, if it was one, is over, however it ended.</summary>
    public void OnRelease()
    {
        lock (_gate)
        {
            if (!_isHeld)
            {
                return;
            }

            _isHeld = false;
            if (_hasPrimary)
            {
                Close(hasChanged: _epoch != _heldEpoch);
            }

            tell(new AzureNotice(AzureEventType.NodeMaintenanceEnded, clock.GetUtcNow()));
        }
    }

    /// <summary>The route has changed.</summary>
    /// <param name="next">The primary; <c>null</c> where there is none.</param>
    /// <param name="holdLimit">How long one is waited for.</param>
    public void OnPrimary(PrimaryRoute? next, TimeSpan holdLimit)
    {
        lock (_gate)
        {
            if (next is not { } primary)
            {
                if (_hasPrimary && !_isHeld)
                {
                    Open(holdLimit);
                }

                _hasPrimary = false;
                return;
            }

            var hasChanged = _epoch is { } epoch && epoch != primary.Epoch;
            (_epoch, _hasPrimary) = (primary.Epoch, true);
            if (!_isHeld)
            {
                Close(hasChanged);
            }
        }
    }

    /// <summary>The shard is no more: whoever waits for the closing notice gets it.</summary>
    public void OnRemoved()
    {
        lock (_gate)
        {
            Close(hasChanged: false);
        }
    }

    private void Open(TimeSpan time)
    {
        if (!_isOpen)
        {
            _isOpen = true;
            tell(new MaintenanceNotice(MaintenanceNoticeKind.FailingOver, nextSequence(), shard, time));
        }
    }

    private void Close(bool hasChanged)
    {
        if (_isOpen || hasChanged)
        {
            _isOpen = false;
            tell(new MaintenanceNotice(MaintenanceNoticeKind.FailedOver, nextSequence(), shard));
        }

        if (hasChanged)
        {
            tell(new AzureNotice(AzureEventType.NodeMaintenanceFailoverComplete));
        }
    }
}
