namespace Larder.Model.Specs;

/// <summary>The <c>failover</c> section of a spec: what clients see while a shard changes its primary unplanned.</summary>
public sealed record FailoverSpec
{
    /// <summary>The longest time that may be asked for, in milliseconds.</summary>
    public const int MaxMilliseconds = 60_000;

    /// <summary>How long commands wait for a primary before their connection is closed, in milliseconds; 0 closes at once.</summary>
    /// <value>0..60000; default 5000.</value>
    public int HoldMs { get; init; } = 5000;

    /// <summary>Whether commands that only read, and were under way when the primary failed, are given to the new one.</summary>
    public bool RetryReads { get; init; } = true;

    /// <summary>Whether commands that an engine says it did not execute (READONLY, LOADING, MASTERDOWN, CLUSTERDOWN, TRYAGAIN) are given to the primary.</summary>
    public bool RetryNotExecuted { get; init; } = true;

    /// <summary>What becomes of a write whose fate is unknown.</summary>
    public UncertainWrites UncertainWrites { get; init; } = UncertainWrites.Error;

    /// <summary>With <c>durability: quorum</c>: how long a write waits for a replica's acknowledgement, in milliseconds.</summary>
    /// <value>1..60000; default 3000.</value>
    public int QuorumTimeoutMs { get; init; } = 3000;
}
