using Larder.Gateway.Sessions;
using Larder.Model.Routing;

namespace Larder.Gateway.Notices;

/// <summary>
/// What the clients of one cache are told of its primaries. Of a clustered cache, who has come by a node's port is told of that node's shard; the others of all,
/// for their commands go everywhere. Thread-safe.
/// </summary>
/// <param name="sessions">The cache's sessions.</param>
/// <param name="clock">The clock.</param>
internal sealed class CacheNotices(IEnumerable<GatewaySession> sessions, TimeProvider clock)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, PrimaryNotices> _primaries = [];
    private long _lastSequence;

    /// <summary>A handover begins.</summary>
    /// <param name="shard">Of which shard; 0 of an unclustered cache.</param>
    /// <param name="limit">How long it may take.</param>
    public void OnHandover(int shard, TimeSpan limit) => Of(shard).OnHandover(limit);

    /// <summary>Commands go on: a handover, if it was one, is over, however it ended.</summary>
    /// <param name="shard">Of which shard; 0 of an unclustered cache.</param>
    public void OnRelease(int shard) => Of(shard).OnRelease();

    /// <summary>The route has changed.</summary>
    /// <param name="route">The new one.</param>
    public void OnRoute(CacheRoute route)
    {
        ArgumentNullException.ThrowIfNull(route);
        var holdLimit = TimeSpan.FromMilliseconds(route.Failover.HoldMs);
        if (!route.IsClustered)
        {
            Of(0).OnPrimary(route.Primary, holdLimit);
            return;
        }

        foreach (var shard in route.Shards)
        {
            Of(shard.Shard).OnPrimary(shard.Primary, holdLimit);
        }

        foreach (var removed in Remove(route))
        {
            removed.OnRemoved();
        }
    }

    private List<PrimaryNotices> Remove(CacheRoute route)
    {
        lock (_gate)
        {
            var gone = _primaries.Where(entry => !route.Shards.Any(shard => shard.Shard == entry.Key)).ToList();
            gone.ForEach(entry => _primaries.Remove(entry.Key));
            return gone.ConvertAll(entry => entry.Value);
        }
    }

    private PrimaryNotices Of(int shard)
    {
        lock (_gate)
        {
            if (!_primaries.TryGetValue(shard, out var notices))
            {
                notices = new PrimaryNotices(shard, notice => Tell(notice, shard), NextSequence, clock);
                _primaries.Add(shard, notices);
            }

            return notices;
        }
    }

    /// <summary>The time, so that it rises across restarts without being kept.</summary>
    private long NextSequence()
    {
        lock (_gate)
        {
            return _lastSequence = Math.Max(_lastSequence + 1, clock.GetUtcNow().ToUnixTimeMilliseconds());
        }
    }

    private void Tell(Notice notice, int shard)
    {
        foreach (var session in sessions.Where(session => session.IsConcernedBy(shard)))
        {
            session.Notify(notice);
        }
    }
}
