namespace Larder.Controller;

/// <summary>The agent's times. Their relation carries the first invariant of the design; <see cref="Validate"/> checks it.</summary>
public sealed record AgentOptions
{
    /// <summary>How often a settled shard's nodes are probed.</summary>
    /// <value>Default 500 ms.</value>
    public TimeSpan ProbeInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How often the nodes of a shard that is not settled are probed.</summary>
    /// <value>Default 25 ms.</value>
    public TimeSpan UnsettledInterval { get; init; } = TimeSpan.FromMilliseconds(25);

    /// <summary>How long a node may take to answer a probe.</summary>
    /// <value>Default 1 s.</value>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The leader lease <c>L</c>: how long a leader key outlives its last renewal.</summary>
    /// <value>Default 3 s.</value>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>The view bound <c>V</c>: how long after a renewal was asked for a gateway may use what it knows of the leader.</summary>
    /// <value>Default 2 s.</value>
    public TimeSpan ViewBound { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long an election waits for nodes that do not answer, where no node proves that it has the newest data.</summary>
    /// <value>Default 5 s.</value>
    public TimeSpan ElectionPatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a node may take to stop in order before it is killed.</summary>
    /// <value>Default 60 s.</value>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long after it was asked a node that has not stopped is asked again.</summary>
    /// <value>Default 250 ms.</value>
    public TimeSpan StopAgain { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a former primary may take to save what it has before it is killed and started as a replica.</summary>
    /// <value>Default 20 s.</value>
    public TimeSpan RetireLimit { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>The first pause before a node that ended is started again; doubles each time.</summary>
    /// <value>Default 100 ms.</value>
    public TimeSpan RestartBackOff { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest such pause.</summary>
    /// <value>Default 15 s.</value>
    public TimeSpan LongestBackOff { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a node must have run for its back-off to begin anew.</summary>
    /// <value>Default 10 s.</value>
    public TimeSpan HealthyAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an operation may take before it is given up.</summary>
    /// <value>Default 5 min.</value>
    public TimeSpan OperationDeadline { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long writing, checking or loading one snapshot may take.</summary>
    /// <value>Default 2 h.</value>
    public TimeSpan SnapshotLimit { get; init; } = TimeSpan.FromHours(2);

    /// <summary>How long a replica may take to get as far as its primary was when a snapshot was asked for, before it is taken on the primary.</summary>
    /// <value>Default 10 s.</value>
    public TimeSpan SnapshotCatchUp { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a cache may take to be whole again after its data was replaced, before it gets back what it had.</summary>
    /// <value>Default 30 min.</value>
    public TimeSpan ReplacementLimit { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How long a handover may hold commands before everything goes back to as it was.</summary>
    /// <value>Default 2 s.</value>
    public TimeSpan HandoverLimit { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long clients wait in a handover for the old primary to follow the new one.</summary>
    /// <value>Default 250 ms.</value>
    public TimeSpan DemotionLimit { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How often certificates are looked at: for renewal, and whether a user has replaced the files of their own.</summary>
    /// <value>Default 1 min.</value>
    public TimeSpan CertificateCheckInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long the rewrite of an append-only log may take before it is told.</summary>
    /// <value>Default 15 min.</value>
    public TimeSpan RewriteLimit { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>An append-only log that is this many times as large as its last rewrite left it is told of. The engine rewrites it at twice the size.</summary>
    /// <value>Default 4.</value>
    public int LogGrowth { get; init; } = 4;

    /// <summary>A node's log is rotated at this size.</summary>
    /// <value>Default 8 MiB.</value>
    public long LogRotationBytes { get; init; } = 8L << 20;

    /// <summary>Rotated logs that are kept of each node.</summary>
    /// <value>Default 4.</value>
    public int LogsKept { get; init; } = 4;

    /// <summary>Checks that the view bound is shorter than the lease by a margin and that a lease survives a missed renewal.</summary>
    /// <exception cref="ArgumentException">A relation does not hold; the message names both values.</exception>
    public void Validate()
    {
        if (ViewBound + TimeSpan.FromTicks(LeaseDuration.Ticks / 4) > LeaseDuration)
        {
            throw new ArgumentException(
                $"The view bound ({ViewBound}) must be at least a quarter of the lease ({LeaseDuration}) shorter than the lease.");
        }

        if (ProbeInterval + ProbeInterval > ViewBound)
        {
            throw new ArgumentException($"The probe interval ({ProbeInterval}) must be at most half of the view bound ({ViewBound}).");
        }
    }
}
