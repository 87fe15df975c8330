using System.Collections.Immutable;
using System.Globalization;
using Larder.Management.Contracts;
using Larder.Model.Clusters;

namespace Larder.Host.Cli.Output;

/// <summary>Caches for people.</summary>
internal static class CacheText
{
    private const int DrawingWidth = 32;

    /// <summary>All caches, a row each; how to make one where there are none.</summary>
    /// <param name="console">Where to write.</param>
    /// <param name="caches">The caches.</param>
    /// <param name="command">How to call larder.</param>
    public static void WriteList(CliConsole console, ImmutableArray<CacheView> caches, string command)
    {
        if (caches.IsEmpty)
        {
            console.WriteLine("There are no caches yet. Make one with: " + command + " up examples/development.yaml");
            return;
        }

        var table = new TextTable("name", "state", "engine", "nodes", "memory", "host", "tls port", "message");
        foreach (var cache in caches)
        {
            table.Add(
                cache.Name, Cell.Of(cache.State), EngineOf(cache), NodesOf(cache), Sizes.Of(cache.MemoryBytes), cache.Endpoint.Host,
                Cell.Of(cache.Endpoint.TlsPort), cache.Message.Length > 0 || cache.Alarms.IsEmpty ? cache.Message : cache.Alarms[0]);
        }

        console.Write(table);
    }

    /// <summary>One cache with its nodes.</summary>
    /// <param name="console">Where to write.</param>
    /// <param name="cache">The cache.</param>
    public static void WriteOne(CliConsole console, CacheView cache)
    {
        foreach (var (label, value) in Facts(cache))
        {
            console.WriteLine($"{label,-12}{value}");
        }

        if (IsClustered(cache))
        {
            console.WriteLine();
            console.Write(Shards(cache));
        }

        if (!cache.Shards.IsEmpty)
        {
            console.WriteLine();
            console.Write(Nodes(cache));
        }
    }

    /// <summary>A clustered cache's shards: their slots drawn to scale, and what is in them.</summary>
    /// <param name="cache">The cache.</param>
    /// <returns>A table.</returns>
    public static TextTable Shards(CacheView cache)
    {
        var table = new TextTable("shard", "slots 0 to 16383", "slots", "primary", "keys", "used", "port");
        foreach (var shard in cache.Shards)
        {
            var slots = SlotMap.Ranges(shard.Slots);
            var primary = Primary(shard);
            table.Add(
                Cell.Of(shard.Id), Drawing(slots), Cell.Of(slots.Sum(range => range.Count)), primary is null ? "none" : $"node {primary.Ordinal}", Cell.Of(primary?.Keys),
                primary?.UsedMemoryBytes is { } used ? Sizes.Of(used) : "-", Cell.Of(primary?.TlsPort));
        }

        return table;
    }

    /// <summary>Whether a cache's nodes have ports of their own, as those of clustered caches have.</summary>
    /// <param name="cache">The cache.</param>
    /// <returns>Whether they have.</returns>
    public static bool IsClustered(CacheView cache) => cache.Shards.Any(shard => shard.Nodes.Any(node => node.TlsPort is not null));

    /// <summary>The node that serves a shard.</summary>
    /// <param name="shard">The shard.</param>
    /// <returns>The node, or <c>null</c> where none does at the moment.</returns>
    public static NodeView? Primary(ShardView shard) => shard.Nodes.FirstOrDefault(node => node is { Role: "primary", State: Model.Status.NodeState.InSync });

    /// <summary>Slots drawn to scale.</summary>
    /// <param name="slots">The slots.</param>
    /// <returns>A line of one width: full, partly full and empty cells.</returns>
    public static string Drawing(ImmutableArray<SlotRange> slots) => string.Concat(Enumerable.Range(0, DrawingWidth).Select(cell =>
    {
        var (first, last) = (cell * SlotRange.Slots / DrawingWidth, ((cell + 1) * SlotRange.Slots / DrawingWidth) - 1);
        var has = slots.Sum(range => Math.Max(0, Math.Min(last, range.Last) - Math.Max(first, range.First) + 1));
        return has == 0 ? '.' : has * 2 > last - first ? '#' : '+';
    }));

    /// <summary>A cache's nodes.</summary>
    /// <param name="cache">The cache.</param>
    /// <returns>A table.</returns>
    public static TextTable Nodes(CacheView cache)
    {
        var table = new TextTable("shard", "epoch", "node", "role", "state", "host", "pid", "offset", "lag", "restarts", "message");
        foreach (var shard in cache.Shards)
        {
            foreach (var node in shard.Nodes)
            {
                table.Add(
                    Cell.Of(shard.Id), Cell.Of(shard.Epoch), Cell.Of(node.Ordinal), node.Role, Cell.Of(node.State), node.Host, Cell.Of(node.Pid),
                    Cell.Of(node.ReplicationOffset), Cell.Of(node.LagBytes), Cell.Of(node.Restarts), node.Message);
            }
        }

        return table;
    }

    /// <summary>An engine and its version, such as <c>redis 7.0.15</c>; empty before one is chosen.</summary>
    /// <param name="cache">The cache.</param>
    /// <returns>The text.</returns>
    public static string EngineOf(CacheView cache) => $"{cache.Engine} {cache.Version}".Trim();

    private static string NodesOf(CacheView cache)
    {
        var nodes = cache.Shards.SelectMany(shard => shard.Nodes).ToList();
        return $"{nodes.Count(node => node.State == Model.Status.NodeState.InSync)}/{nodes.Count} in sync";
    }

    private static IEnumerable<(string Label, string Value)> Facts(CacheView cache)
    {
        yield return ("name", cache.Name);
        yield return ("state", cache.Message.Length == 0 ? cache.State.ToString() : $"{cache.State}: {cache.Message}");
        foreach (var alarm in cache.Alarms)
        {
            yield return ("alarm", alarm);
        }

        yield return ("engine", EngineOf(cache) is { Length: > 0 } engine ? engine : "-");
        yield return ("host", cache.Endpoint.Host);
        yield return ("TLS port", cache.Endpoint.TlsPort.ToString(CultureInfo.InvariantCulture));
        yield return ("plain port", cache.Endpoint.PlainPort?.ToString(CultureInfo.InvariantCulture) ?? "off");
        yield return ("server name", cache.Endpoint.ServerName);
        yield return ("CA file", cache.Endpoint.CaFile ?? "the certificate is your own");
        yield return ("memory", Sizes.Of(cache.MemoryBytes) + " a node");
        yield return ("clients", "at most " + cache.MaxClients.ToString(CultureInfo.InvariantCulture));
        yield return ("created", cache.CreatedAt.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture));
        if (cache.Backup is { } backup)
        {
            yield return ("backups", BackupsText.Summary(backup));
        }

        foreach (var limitation in cache.Limitations)
        {
            yield return ("lacks", limitation);
        }
    }
}
