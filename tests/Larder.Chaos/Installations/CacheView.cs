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

    /// <summary>Reads what <c>larder show NAME --output json</c> prints of an unclustered cache.</summary>
    public static CacheView Parse(JsonElement cache)
    {
        // A daemon that has just started shows the cache before its shards.
        var state = cache.GetProperty("state").GetString()!;
        return cache.GetProperty("shards").GetArrayLength() == 0
            ? new CacheView(state, 0, [])
            : ParseShard(state, cache.GetProperty("shards").EnumerateArray().Single());
    }

    internal static CacheView ParseShard(string state, JsonElement shard) => new(
        state,
        shard.GetProperty("epoch").GetInt64(),
        [.. shard.GetProperty("nodes").EnumerateArray().Select(node => new CacheNode(
            node.GetProperty("ordinal").GetInt32(),
            node.GetProperty("role").GetString()!,
            node.GetProperty("state").GetString()!,
            NumberOr0(node.GetProperty("pid")))
        {
            TlsPort = NumberOr0(node.GetProperty("tlsPort")),
        })]);

    /// <inheritdoc/>
    public override string ToString() =>
        $"{State}, epoch {Epoch}: {string.Join(", ", Nodes.Select(node => $"node {node.Ordinal} {node.Role} {node.State} (process {node.Pid})"))}";

    private static int NumberOr0(JsonElement value) => value.ValueKind == JsonValueKind.Number ? value.GetInt32() : 0;
}
