namespace Larder.Store;

/// <summary>A watch asked for history that the store no longer keeps.</summary>
/// <param name="fromRevision">The revision that was asked for.</param>
/// <param name="oldestRevision">The oldest one that is kept.</param>
public sealed class CompactedException(long fromRevision, long oldestRevision)
    : ControlStoreException(
        $"The control store keeps changes from revision {oldestRevision} on; revision {fromRevision} was asked for. List again and watch from there.",
        isTransient: false)
{
    /// <summary>The oldest revision that is kept.</summary>
    public long OldestRevision { get; } = oldestRevision;
}
