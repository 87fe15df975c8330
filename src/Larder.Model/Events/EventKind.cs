namespace Larder.Model.Events;

/// <summary>What kind of thing happened to a cache. The names are part of the command line's and the API's output: never renamed, only added to.</summary>
public enum EventKind
{
    /// <summary>The cache is ready for the first time.</summary>
    CacheCreated,

    /// <summary>The cache was changed by a new spec.</summary>
    CacheUpdated,

    /// <summary>Every shard has its primary and all replicas in sync again, after something was missing.</summary>
    CacheReady,

    /// <summary>Something of the cache is missing; it is being worked on.</summary>
    CacheDegraded,

    /// <summary>A node was started.</summary>
    NodeStarted,

    /// <summary>A node's process ended without being told to.</summary>
    NodeEnded,

    /// <summary>A node is the primary of its shard no more, unplanned.</summary>
    PrimaryLost,

    /// <summary>A node became the primary of its shard, unplanned or for the first time.</summary>
    PrimaryPromoted,

    /// <summary>A planned change of the primary was carried out.</summary>
    HandedOver,

    /// <summary>A planned change of the primary was not possible; everything is as before.</summary>
    HandoverUndone,

    /// <summary>What a node had and the new primary has not was put aside in a file for an operator to look at.</summary>
    DataSetAside,

    /// <summary>One of the access keys was replaced.</summary>
    KeyRegenerated,

    /// <summary>The cache's server certificate was replaced.</summary>
    CertificateRenewed,

    /// <summary>A backup is complete and checked in its storage.</summary>
    BackupCompleted,

    /// <summary>A backup could not be made; it is tried again.</summary>
    BackupFailed,

    /// <summary>The newest good backup is older than twice the interval.</summary>
    BackupOverdue,

    /// <summary>Nothing of the data is left on this host; says what the cache goes on with.</summary>
    DataLost,

    /// <summary>The cache has the data of a backup; says from when it is and what may be missing.</summary>
    DataRestored,

    /// <summary>A torn end of a node's log was cut off and kept aside; says what was cut.</summary>
    LogRepaired,

    /// <summary>
    /// Something is wrong with what a running node writes to its disk: the append-only log cannot be appended to, was not rewritten, grows without end, or
    /// its folder was deleted; says what to do.
    /// </summary>
    DataNotWritten,

    /// <summary>What a node writes to its disk is as it is to be again.</summary>
    DataWritten,

    /// <summary>The data was exported.</summary>
    DataExported,

    /// <summary>The data was replaced by an import.</summary>
    DataImported,

    /// <summary>An import was not possible; the cache has the data that it had.</summary>
    ImportUndone,

    /// <summary>Slots begin to move to other shards, since the number of shards changes.</summary>
    ScalingStarted,

    /// <summary>The number of shards has changed; all slots are where they are to be.</summary>
    ScalingCompleted,

    /// <summary>The number of shards could not be changed, and everything goes back; says why.</summary>
    ScalingUndone,

    /// <summary>The cache has become a cluster of one shard; says how long commands waited.</summary>
    ClusteringCompleted,

    /// <summary>The cache could not become a cluster, and is as before; says why.</summary>
    ClusteringUndone,

    /// <summary>A drill did something to a primary on purpose.</summary>
    FaultInjected,
}
