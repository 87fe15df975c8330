using System.Collections.Immutable;

namespace Larder.Chaos.Installations;

/// <summary>A shard of a clustered cache as <c>larder show</c> shows it.</summary>
/// <param name="Epoch">Its epoch; 0 while none is known.</param>
/// <param name="Slots">Its slots.</param>
/// <param name="Nodes">Its nodes.</param>
public sealed record ShardSeen(long Epoch, ImmutableArray<int> Slots, ImmutableArray<CacheNode> Nodes)
{
    /// <summary>The nodes that are shown as primary.</summary>
    public ImmutableArray<CacheNode> Primaries => [.. Nodes.Where(node => node.Role == "primary")];

    /// <summary>The primary; <c>null</c> where none or several are shown.</summary>
    public CacheNode? Primary => Primaries is [var one] ? one : null;

    /// <summary>Whether it has one primary, and every node a process and all data.</summary>
    public bool IsWhole => Primary is not null && Nodes.All(node => node is { State: "InSync", Pid: not 0 });

    /// <inheritdoc/>
    public override string ToString() =>
        $"with {Slots.Length} slots, epoch {Epoch}: {string.Join(", ", Nodes.Select(node => $"node {node.Ordinal} {node.Role} {node.State} (process {node.Pid})"))}";
}
