using Larder.Controller.Processes;

namespace Larder.Controller.Nodes;

/// <summary>What an agent keeps on disk of a node that it started, so that a later daemon finds it again.</summary>
/// <param name="Process">The process.</param>
/// <param name="Continuous">
/// Whether this very process has been the primary or an in-sync replica: it then holds the shard's history in memory.
/// </param>
/// <param name="StartedAt">When it was started.</param>
internal sealed record NodeRecord(ProcessIdentity Process, bool Continuous, DateTimeOffset StartedAt)
{
    /// <summary>The epoch that this very process was last in sync in; 0 where it never was.</summary>
    public long Epoch { get; init; }

    /// <summary>Whether it was the primary of that epoch.</summary>
    public bool Primary { get; init; }
}
