namespace Larder.Model.Routing;

/// <summary>Lets a handover happen between two commands: the gateway holds, the controller swaps, the gateway goes on. Thread-safe.</summary>
public interface IGatewayHold
{
    /// <summary>Holds a cache's new commands and waits until those under way are answered. Commands that wait at the engine do not count.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="reason">Why.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False where some were not answered in time; the commands are held all the same, until <see cref="Release"/>.</returns>
    Task<bool> HoldAsync(string cache, HoldReason reason, TimeSpan limit, CancellationToken cancellationToken);

    /// <summary>Waits until the gateway follows an epoch and has made its subscribers' subscriptions again there.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="epoch">The epoch.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whether all are there.</returns>
    Task<bool> FollowAsync(string cache, long epoch, TimeSpan limit, CancellationToken cancellationToken);

    /// <summary>Lets commands through again.</summary>
    /// <param name="cache">The cache.</param>
    void Release(string cache);

    /// <summary>As <see cref="HoldAsync"/>, for the commands of one shard: those of the other shards go on where the gateway can tell them apart.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="shard">The shard.</param>
    /// <param name="reason">Why.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False where some were not answered in time; the commands are held all the same, until <see cref="ReleaseShard"/>.</returns>
    Task<bool> HoldShardAsync(string cache, int shard, HoldReason reason, TimeSpan limit, CancellationToken cancellationToken) =>
        HoldAsync(cache, reason, limit, cancellationToken);

    /// <summary>As <see cref="FollowAsync"/>, for one shard: its epoch says nothing of the other shards.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="shard">The shard.</param>
    /// <param name="epoch">The shard's epoch.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whether all are there.</returns>
    Task<bool> FollowShardAsync(string cache, int shard, long epoch, TimeSpan limit, CancellationToken cancellationToken) =>
        FollowAsync(cache, epoch, limit, cancellationToken);

    /// <summary>Ends <see cref="HoldShardAsync"/>.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="shard">The shard.</param>
    void ReleaseShard(string cache, int shard) => Release(cache);
}
