namespace Larder.Chaos.Faults;

/// <summary>What can be done to a cache.</summary>
public enum FaultKind
{
    /// <summary><c>larder failover</c>: a planned change of the primary.</summary>
    Handover,

    /// <summary>SIGKILL to the primary.</summary>
    KillPrimary,

    /// <summary>SIGKILL to a replica.</summary>
    KillReplica,

    /// <summary>SIGSTOP to the primary, and SIGCONT before the gateway's view of it runs out.</summary>
    HangPrimaryShort,

    /// <summary>SIGSTOP to the primary until long after its lease has run out, then SIGCONT where it still is.</summary>
    HangPrimaryLong,

    /// <summary>SIGKILL to the daemon, and with it the gateway; then <c>larder up</c>.</summary>
    KillDaemon,

    /// <summary>SIGKILL to the daemon and the primary; then <c>larder up</c>.</summary>
    KillDaemonAndPrimary,

    /// <summary>SIGKILL to a replica, and to the primary while that replica is in its full sync.</summary>
    KillPrimaryDuringSync,

    /// <summary>SIGKILL to a replica, and to the primary while its forked child writes a snapshot of the data for that replica.</summary>
    KillPrimaryDuringSave,

    /// <summary>SIGKILL to the primary, and to the next one as soon as it is shown as such.</summary>
    KillNewPrimary,

    /// <summary>A replica that runs in short strokes, SIGSTOP and SIGCONT, so that replication lags.</summary>
    SlowReplica,

    /// <summary>Of a clustered cache: more shards, by applying the spec with another <c>shard_count</c>.</summary>
    ScaleOut,

    /// <summary>Of a clustered cache: fewer shards.</summary>
    ScaleIn,

    /// <summary>Of a clustered cache: the change of the number of shards that is under way pauses, and goes on later.</summary>
    PauseScaling,

    /// <summary>Of a clustered cache: another change of its spec, which harms nobody, and which is refused while the number of shards changes.</summary>
    ChangeSetting,
}
