using Larder.Gateway.Sessions;
using Larder.Model.Routing;

namespace Larder.Gateway.Notices;

/// <summary>
/// What the clients of one cache are told of its primary: a handover from the hold to the release, and an unplanned change from the route without a
/// primary to the route with the next one. Thread-safe.
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
/// <param name="sessions">The cache's sessions.</param>
/// <param name="clock">The clock.</param>
internal sealed class CacheNotices(IEnumerable<GatewaySession> sessions, TimeProvider clock)
{
    private readonly Lock _gate = new();
    private long? _epoch;
    private long? _heldEpoch;
    private bool _hasPrimary;
    private bool _isHeld;
    private bool _isOpen;
    private long _lastSequence;

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
            Tell(new AzureNotice(AzureEventType.NodeMaintenanceStarting, clock.GetUtcNow()));
            Tell(new AzureNotice(AzureEventType.NodeMaintenanceStart));
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

            Tell(new AzureNotice(AzureEventType.NodeMaintenanceEnded, clock.GetUtcNow()));
        }
    }

    /// <summary>The route has changed.</summary>
    /// <param name="route">The new one.</param>
    public void OnRoute(CacheRoute route)
    {
        ArgumentNullException.ThrowIfNull(route);
        if (route.IsClustered)
        {
            return; // Its clients hear of changes from the engines: MOVED, and the topology.
        }

        lock (_gate)
        {
            if (route.Primary is not { } primary)
            {
                if (_hasPrimary && !_isHeld)
                {
                    Open(TimeSpan.FromMilliseconds(route.Failover.HoldMs));
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

    private void Open(TimeSpan time)
    {
        if (!_isOpen)
        {
            _isOpen = true;
            Tell(new MaintenanceNotice(MaintenanceNoticeKind.FailingOver, NextSequence(), time));
        }
    }

    private void Close(bool hasChanged)
    {
        if (_isOpen || hasChanged)
        {
            _isOpen = false;
            Tell(new MaintenanceNotice(MaintenanceNoticeKind.FailedOver, NextSequence()));
        }

        if (hasChanged)
        {
            Tell(new AzureNotice(AzureEventType.NodeMaintenanceFailoverComplete));
        }
    }

    /// <summary>The time, so that it rises across restarts without being kept.</summary>
    private long NextSequence() => _lastSequence = Math.Max(_lastSequence + 1, clock.GetUtcNow().ToUnixTimeMilliseconds());

    private void Tell(Notice notice)
    {
        foreach (var session in sessions)
        {
            session.Notify(notice);
        }
    }
}
