namespace Larder.Host.Client;

/// <summary>Starts a daemon that outlives the caller.</summary>
internal interface IDaemonStarter
{
    /// <summary>Starts a daemon and waits until it is ready.</summary>
    /// <param name="cancellationToken">Gives up waiting; the daemon is then left to start by itself.</param>
    /// <returns>What the daemon said of itself.</returns>
    /// <exception cref="DaemonStartFailedException">It said nothing in time, or ended before it said anything.</exception>
    Task<DaemonHandshake> StartAsync(CancellationToken cancellationToken);
}
