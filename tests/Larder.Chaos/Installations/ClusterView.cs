using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Larder.Chaos.Installations;

/// <summary>A clustered cache as <c>larder show</c> shows it.</summary>
/// <param name="State">Such as <c>Ready</c>, or <c>Updating</c> while the number of shards changes.</param>
/// <param name="Message">What it says of that state.</param>
/// <param name="Shards">Its shards by number; empty while none is known.</param>
public sealed record ClusterView(string State, string Message, ImmutableSortedDictionary<int, ShardSeen> Shards)
{
    /// <summary>Whether it says that it is ready, and each shard and node, too.</summary>
    public bool IsReady => State == "Ready" && !Shards.IsEmpty && Shards.Values.All(shard => shard.IsWhole);

    /// <summary>All nodes of all shards.</summary>
    public IEnumerable<CacheNode> Nodes => Shards.Values.SelectMany(shard => shard.Nodes);

    /// <summary>What is wrong with the spread of the slots: not each exactly once, or one shard has two more than another. Empty where nothing is.</summary>
    public string SpreadProblem
    {
        get
        {
            var slots = Shards.Values.SelectMany(shard => shard.Slots).Order().ToList();
            var counts = Shards.Values.Select(shard => shard.Slots.Length).ToList();
            return !slots.SequenceEqual(Enumerable.Range(0, 16384)) ? $"{slots.Distinct().Count()} of 16384 slots have a shard, {slots.Count - slots.Distinct().Count()} have several"
                : counts.Max() - counts.Min() > 1 ? $"slots are spread unevenly: {string.Join(", ", counts)}"
                : "";
        }
    }

    /// <summary>Reads what <c>larder show NAME --output json</c> prints.</summary>
    public static ClusterView Parse(JsonElement cache)
    {
        var state = cache.GetProperty("state").GetString()!;
        return new ClusterView(state, cache.GetProperty("message").GetString()!, cache.GetProperty("shards").EnumerateArray().ToImmutableSortedDictionary(
            shard => shard.GetProperty("id").GetInt32(),
            shard =>
            {
                var seen = CacheView.ParseShard(state, shard);
                return new ShardSeen(seen.Epoch, SlotsOf(shard.GetProperty("slots").GetString()!, ','), seen.Nodes);
            }));
    }

    /// <summary>Slots of ranges such as <c>0-99,200</c>.</summary>
    internal static ImmutableArray<int> SlotsOf(string ranges, char separator) =>
    [
        .. ranges.Split(separator, StringSplitOptions.RemoveEmptyEntries)
            .Select(range => range.Split('-').Select(slot => int.Parse(slot, CultureInfo.InvariantCulture)).ToArray())
            .SelectMany(range => Enumerable.Range(range[0], range[^1] - range[0] + 1)),
    ];

    /// <inheritdoc/>
    public override string ToString() => $"{State} ({Message}): {string.Join("; ", Shards.Select(shard => $"shard {shard.Key} {shard.Value}"))}";
}
