using Larder.Controller.Caches;
using Larder.Model.Events;
using Larder.Model.Status;
using Larder.Testing;

namespace Larder.Controller.Tests.Events;

/// <summary>Which turning points of a cache are noted.</summary>
public sealed class CacheHistoryTests
{
    private readonly RecordingJournal _journal = new();

    [Fact]
    public void A_creation_is_one_event_and_a_failure_two()
    {
        var history = new CacheHistory(_journal);
        history.Observe("orders", CacheState.Creating, "starting", settled: true);
        history.Reached("orders", 1);
        history.Observe("orders", CacheState.Ready, "", settled: true);
        history.Observe("orders", CacheState.Degraded, "node 1 is down", settled: true);
        history.Observe("orders", CacheState.Degraded, "node 1 syncs", settled: true);
        history.Observe("orders", CacheState.Ready, "", settled: true);
        history.Reached("orders", 2);
        history.Observe("orders", CacheState.Ready, "", settled: true);
        Assert.Equal([EventKind.CacheCreated, EventKind.CacheDegraded, EventKind.CacheReady, EventKind.CacheUpdated], Kinds);
    }

    [Fact]
    public void A_daemon_that_was_started_tells_nothing_before_it_has_looked()
    {
        var history = new CacheHistory(_journal);
        history.Observe("orders", CacheState.Degraded, "starting", settled: false);
        history.Observe("orders", CacheState.Ready, "", settled: true);
        Assert.Equal([EventKind.CacheReady], Kinds);
        Assert.Contains("daemon that was started", _journal.Events[0].Message, StringComparison.Ordinal);
    }

    private IEnumerable<EventKind> Kinds => _journal.Events.Select(happened => happened.Kind);
}
