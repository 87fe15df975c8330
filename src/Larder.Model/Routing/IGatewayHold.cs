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
}
