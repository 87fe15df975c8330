namespace Larder.Store;

/// <summary>
/// The control store: a revisioned key-value store with compare-and-swap, leases and watch. Thread-safe.
/// <para>
/// Keys are paths such as <c>/caches/orders/spec</c> (1..512 printable ASCII characters), values are UTF-8 text of at most 1 MiB.
/// Every commit that changes something takes the next revision of the whole store (1, 2, 3 …); a read of one call is one snapshot.
/// </para>
/// </summary>
/// <remarks>
/// Errors: <see cref="ControlStoreException"/>, whose <see cref="ControlStoreException.IsTransient"/> says whether the same call may
/// succeed later. A conflict is not an error but a <see cref="CommitResult"/>. After disposal every call, and every watch that was running, ends with
/// <see cref="ObjectDisposedException"/>.
/// </remarks>
public interface IControlStore : IAsyncDisposable
{
    /// <summary>Reads one key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The entry, or <c>null</c> where there is none.</returns>
    Task<StoreEntry?> GetAsync(string key, CancellationToken cancellationToken);

    /// <summary>Reads all keys that begin with a prefix, in ordinal order.</summary>
    /// <param name="prefix">The prefix; empty for everything.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The entries, and the store's revision at which they were read.</returns>
    Task<StoreSnapshot> ListAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>
    /// Checks all conditions, then executes all operations, in one atomic and durable step; or does nothing where a condition does not hold
    /// or a named lease has ended.
    /// </summary>
    /// <param name="transaction">Conditions and operations.</param>
    /// <param name="cancellationToken">Gives up; the outcome is then unknown.</param>
    /// <returns>Whether it was done, and at which revision.</returns>
    Task<CommitResult> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken);

    /// <summary>Grants a lease. Keys bound to it are deleted when it expires or is revoked.</summary>
    /// <param name="timeToLive">How long it lives after each renewal; above zero.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The lease's id, above zero, never used twice.</returns>
    Task<long> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken);

    /// <summary>Renews a lease for its full time to live. An embedded store neither writes nor waits for a commit to do so.</summary>
    /// <param name="leaseId">The lease.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False where the lease has ended: it cannot be revived.</returns>
    Task<bool> KeepAliveAsync(long leaseId, CancellationToken cancellationToken);

    /// <summary>
    /// Ends a lease now and deletes its keys in one commit. Ending one that has ended does nothing, except that keys which could not be deleted then
    /// are deleted now.
    /// </summary>
    /// <remarks>Where it fails, the lease may have ended all the same; call again to be sure that its keys are deleted.</remarks>
    /// <param name="leaseId">The lease.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task RevokeLeaseAsync(long leaseId, CancellationToken cancellationToken);

    /// <summary>
    /// Every change under a prefix, in order and without gaps, beginning with revision <paramref name="fromRevision"/>. Use
    /// <see cref="StoreSnapshot.Revision"/> + 1 to continue a list. Ends only by cancellation or an exception.
    /// </summary>
    /// <param name="prefix">The prefix; empty for everything.</param>
    /// <param name="fromRevision">The first revision wanted, at least 1.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <returns>One batch per commit that touched the prefix.</returns>
    /// <exception cref="CompactedException">Thrown when enumerated: history that far back is gone; list again and watch from there.</exception>
    IAsyncEnumerable<StoreChange> WatchAsync(string prefix, long fromRevision, CancellationToken cancellationToken);
}
