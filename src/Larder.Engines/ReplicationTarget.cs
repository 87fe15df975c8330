namespace Larder.Engines;

/// <summary>Where a replica finds its primary.</summary>
/// <param name="Address">An IP address.</param>
/// <param name="Port">The primary's replication port.</param>
public sealed record ReplicationTarget(string Address, int Port);
