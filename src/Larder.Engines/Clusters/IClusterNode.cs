namespace Larder.Engines.Clusters;

/// <summary>
/// A connection to a running node of a cluster, as Larder's internal user, for work on the cluster. Thread-safe: calls are executed one after the other, and connect
/// again after a failure. Errors are <see cref="EngineException"/>.
/// </summary>
public interface IClusterNode : IAsyncDisposable
{
    /// <summary>Asks the node how it sees the cluster.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Its view.</returns>
    Task<ClusterView> LookAsync(CancellationToken cancellationToken);

    /// <summary>Asks for the epochs that the node knows.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The epochs.</returns>
    Task<ClusterEpochs> ReadEpochsAsync(CancellationToken cancellationToken);

    /// <summary>Introduces another node. Returns at once; the two meet in the background.</summary>
    /// <param name="peer">The other node.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task MeetAsync(ClusterPeer peer, CancellationToken cancellationToken);

    /// <summary>Has the node forget another one, and not learn of it again for a minute. One that it does not know is no error.</summary>
    /// <param name="nodeId">The other node; not the primary that this one follows.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task ForgetAsync(string nodeId, CancellationToken cancellationToken);

    /// <summary>Makes sure that a primary holds what it must. Others learn it from the node.</summary>
    /// <param name="claim">What it must hold.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task HoldAsync(ClusterClaim claim, CancellationToken cancellationToken);

    /// <summary>Makes a primary the owner of slots that have arrived, under an epoch above all that it has heard of. All others learn it from the node, at once.</summary>
    /// <param name="slots">The slots, which it is importing.</param>
    /// <param name="nodeId">Its own id.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task TakeAsync(IReadOnlyList<int> slots, string nodeId, CancellationToken cancellationToken);

    /// <summary>Tells a primary that slots have changed their shard, and that nothing of them is on its way any more.</summary>
    /// <param name="slots">The slots.</param>
    /// <param name="nodeId">The primary that has them.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task AssignAsync(IReadOnlyList<int> slots, string nodeId, CancellationToken cancellationToken);

    /// <summary>
    /// Lets a primary use its reserve for data, or not any more: what has begun to move where there is no room must arrive before it can go back.
    /// </summary>
    /// <param name="open">Whether it may.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task OpenReserveAsync(bool open, CancellationToken cancellationToken);

    /// <summary>Moves some keys of slots to another primary, each with its time to live. Where the other one has a key of this name, it is replaced.</summary>
    /// <param name="slots">The slots: on their way from this node to the other one.</param>
    /// <param name="target">The other primary.</param>
    /// <param name="most">How much at once: the node does nothing else meanwhile.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What was moved; no key where the slots are empty.</returns>
    Task<MovedKeys> MoveKeysAsync(IReadOnlyList<int> slots, ClusterPeer target, MoveLimits most, CancellationToken cancellationToken);

    /// <summary>Copies the function libraries of a primary.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>All of them, in a form that only engines read; the same libraries of the same node give the same bytes.</returns>
    Task<byte[]> ReadFunctionsAsync(CancellationToken cancellationToken);

    /// <summary>Gives a primary these function libraries, and takes all others from it.</summary>
    /// <param name="libraries">What <see cref="ReadFunctionsAsync"/> gave.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task WriteFunctionsAsync(byte[] libraries, CancellationToken cancellationToken);
}

/// <summary>The engines' own numbers by which the newest claim of a slot is told from older ones.</summary>
/// <param name="Known">The highest of the whole cluster that the node has heard of: its own next one will be above it.</param>
/// <param name="Own">The one under which it claims its slots; a replica has its primary's.</param>
public readonly record struct ClusterEpochs(long Known, long Own);

/// <summary>How much is moved at once.</summary>
/// <param name="Keys">At most so many keys.</param>
/// <param name="Bytes">At most so many bytes of memory, unless a single key has more.</param>
public readonly record struct MoveLimits(int Keys, long Bytes);

/// <summary>What was moved.</summary>
/// <param name="Keys">How many keys.</param>
/// <param name="Bytes">The memory that they took.</param>
public readonly record struct MovedKeys(int Keys, long Bytes);
