using System.Collections.Immutable;
using System.Text.Json;

namespace Larder.Chaos.Installations;

/// <summary>A cache of one shard as <c>larder show</c> shows it.</summary>
/// <param name="State">Such as <c>Ready</c>.</param>
/// <param name="Epoch">The shard's epoch; 0 while none is known.</param>
/// <param name="Nodes">The shard's nodes; empty while the shard is not known.</param>
public sealed record CacheView(string State, long Epoch, ImmutableArray<CacheNode> Nodes)
{
    /// <summary>Whether it says of itself that it is ready.</summary>
    public bool SaysReady => State == "Ready";

    /// <summary>Whether it says so, and each node, too: one primary, every node with a process and in sync.</summary>
    public bool IsReady => SaysReady && Primary is not null && Nodes.All(node => node is { State: "InSync", Pid: not 0 });

    /// <summary>The nodes that are shown as primary.</summary>
    public ImmutableArray<CacheNode> Primaries => [.. Nodes.Where(node => node.Role == "primary")];

    /// <summary>The primary; <c>null</c> where none or several are shown.</summary>
    public CacheNode? Primary => Primaries is [var one] ? one : null;

    /// <summary>The replicas.</summary>
    public ImmutableArray<CacheNode> Replicas => [.. Nodes.Where(node => node.Role == "replica")];

    /// <summary>Reads what <c>larder show NAME --output json</c> prints.</summary>
    public static CacheView Parse(JsonElement cache)
    {
        // A daemon that has just started shows the cache before its shards.
        var state = cache.GetProperty("state").GetString()!;
        if (cache.GetProperty("shards").GetArrayLength() == 0)
        {
            return new CacheView(state, 0, []);
        }

        var shard = cache.GetProperty("shards").EnumerateArray().Single();
        return new CacheView(
            state,
            shard.GetProperty("epoch").GetInt64(),
            [.. shard.GetProperty("nodes").EnumerateArray().Select(node => new CacheNode(
                node.GetProperty("ordinal").GetInt32(),
                node.GetProperty("role").GetString()!,
                node.GetProperty("state").GetString()!,
                node.GetProperty("pid").ValueKind == JsonValueKind.Number ? node.GetProperty("pid").GetInt32() : 0))]);
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{State}, epoch {Epoch}: {string.Join(", ", Nodes.Select(node => $"node {node.Ordinal} {node.Role} {node.State} (process {node.Pid})"))}";
}
