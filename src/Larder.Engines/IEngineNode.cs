using Larder.Engines.Clusters;

namespace Larder.Engines;

/// <summary>
/// An administrative connection to one running node, as Larder's internal user over the node's unix socket. Thread-safe: calls are
/// executed one after the other.
/// </summary>
/// <remarks>
/// Errors: <see cref="EngineException"/>: the node did not answer in time, closed the connection, or answered with an error; its
/// <see cref="EngineException.Kind"/> tells them apart.
/// </remarks>
public interface IEngineNode : IAsyncDisposable
{
    /// <summary>Asks the node how it is.</summary>
    /// <param name="timeout">How long it may take.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What it answered. A node that is loading its data answers, with <see cref="NodeProbe.Loading"/>.</returns>
    Task<NodeProbe> ProbeAsync(TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Makes the node a replica of another one. Returns when the node accepted it; the sync goes on in the background.</summary>
    /// <param name="primary">The primary.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task FollowAsync(ReplicationTarget primary, CancellationToken cancellationToken);

    /// <summary>Makes the node a primary. It keeps its data; doing it again does nothing.</summary>
    /// <param name="claim">What it must hold as a primary of a cluster; nothing for a node of an unclustered cache.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task PromoteAsync(ClusterClaim claim, CancellationToken cancellationToken);

    /// <summary>
    /// Has the node take no writes, nor expire or evict keys, for a while; reads and replication go on. Only where
    /// <see cref="EngineFeatures.CanPauseWrites"/> is set.
    /// </summary>
    /// <param name="limit">When it takes writes again by itself.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task PauseWritesAsync(TimeSpan limit, CancellationToken cancellationToken);

    /// <summary>Ends <see cref="PauseWritesAsync"/>.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    Task ResumeWritesAsync(CancellationToken cancellationToken);

    /// <summary>Writes what the node holds to its data folder, durably, and waits for the end.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task SaveAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Writes an RDB file of what the node holds to <see cref="IEngineDriver.SnapshotFile"/>, whatever its persistence is, and waits for the end. Only where
    /// <see cref="EngineFeatures.RdbVersion"/> is set.
    /// </summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task SnapshotAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Has the node begin to rewrite its append-only log, which makes its files anew; returns when it has accepted that. Only where
    /// <see cref="EngineFeatures.SplitLog"/> is set.
    /// </summary>
    /// <param name="cancellationToken">Gives up.</param>
    Task RewriteLogAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Has the node write such a file by itself at an interval, for the time when nobody tells it to, or not at all. Only where
    /// <see cref="EngineFeatures.RdbVersion"/> is set.
    /// </summary>
    /// <param name="interval">The interval, or <c>null</c> for never.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task SetOwnSnapshotsAsync(TimeSpan? interval, CancellationToken cancellationToken);

    /// <summary>
    /// Brings a running node to a changed configuration, as far as the engine takes it without a restart: memory limit, users of clients.
    /// A higher limit than at its start is refused where <see cref="EngineFeatures.CanRaiseMemory"/> is not set.
    /// </summary>
    /// <param name="wanted">The new configuration of the same node.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task ReconfigureAsync(NodeConfiguration wanted, CancellationToken cancellationToken);

    /// <summary>Asks the engine whether it understands a policy for users, by giving it to a user whom nobody can be.</summary>
    /// <param name="permissions">The policy.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What the engine has against it; <c>null</c> where it has nothing.</returns>
    Task<string?> CheckPermissionsAsync(string permissions, CancellationToken cancellationToken);
}
