using System.Collections.Immutable;
using System.Globalization;
using Larder.Management.Contracts;
using Larder.Model.Clusters;
using Larder.Model.Status;

namespace Larder.Host.Cli.Output;

/// <summary>What caches do at the moment, for people.</summary>
internal static class TopText
{
    /// <summary>One line on a cache as a whole.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="now">The time that is shown.</param>
    /// <returns>The line.</returns>
    public static string Headline(CacheView cache, DateTimeOffset now)
    {
        var primaries = cache.Shards.Select(CacheText.Primary).OfType<NodeView>().ToList();
        var load = primaries.Count > 0 && primaries.All(node => node.OperationsPerSecond is not null)
            ? $"  {primaries.Sum(node => node.OperationsPerSecond)} commands/s" : "";
        return CliConsole.Printable(string.Create(
            CultureInfo.InvariantCulture,
            $"{now:HH:mm:ss}  {cache.Name}  {cache.State}{load}  {primaries.Sum(node => node.Keys)} keys  {Sizes.Of(primaries.Sum(node => node.UsedMemoryBytes ?? 0))} used  {cache.Message}")
            .TrimEnd());
    }

    /// <summary>A cache's shards, a row each: where its slots are, who serves, how much it has and does, and how far its replicas are behind.</summary>
    /// <param name="cache">The cache.</param>
    /// <returns>A table.</returns>
    public static TextTable Shards(CacheView cache)
    {
        var clustered = CacheText.IsClustered(cache);
        var table = new TextTable([
            "shard", .. clustered ? (string[])["slots 0 to 16383", "slots"] : [],
            "primary", "commands/s", "keys", "used", "of limit", "replicas in sync", "furthest behind"]);
        foreach (var shard in cache.Shards)
        {
            var (primary, slots) = (CacheText.Primary(shard), SlotMap.Ranges(shard.Slots));
            var replicas = shard.Nodes.Where(node => node.Role != "primary").ToImmutableArray();
            var behind = replicas.Max(node => node.LagBytes);
            table.Add([
                Cell.Of(shard.Id), .. clustered ? (Cell[])[CacheText.Drawing(slots), Cell.Of(slots.Sum(range => range.Count))] : [],
                primary is null ? new Cell("none", Spectre.Console.Color.Red) : $"node {primary.Ordinal}", Cell.Of(primary?.OperationsPerSecond), Cell.Of(primary?.Keys),
                primary?.UsedMemoryBytes is { } used ? Sizes.Of(used) : "", ShareOf(primary?.UsedMemoryBytes, cache.MemoryBytes),
                $"{replicas.Count(node => node.State == NodeState.InSync)}/{replicas.Length}",
                behind is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{behind} bytes")]);
        }

        return table;
    }

    // At 90 % an operator is to notice: what the original's usual alarm is set to.
    private static Cell ShareOf(long? used, long limit) => used is not { } bytes || limit <= 0 ? new Cell("") : new Cell(
        string.Create(CultureInfo.InvariantCulture, $"{100 * bytes / limit} %"), 10 * bytes >= 9 * limit ? Spectre.Console.Color.Red : null);
}
