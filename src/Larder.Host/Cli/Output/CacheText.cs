using System.Collections.Immutable;
using System.Globalization;
using Larder.Management.Contracts;

namespace Larder.Host.Cli.Output;

/// <summary>Caches for people.</summary>
internal static class CacheText
{
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

        if (!cache.Shards.IsEmpty)
        {
            console.WriteLine();
            console.Write(Nodes(cache));
        }
    }

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
