using System.Globalization;
using Larder.Chaos.Clients;
using Larder.Chaos.Installations;

namespace Larder.Chaos.Clusters;

/// <summary>Whether the engines themselves see the cluster as Larder shows it, each asked at its own port.</summary>
/// <param name="endpoint">The port of the whole cache.</param>
public sealed class ClusterAgreement(ClientEndpoint endpoint)
{
    /// <summary>Asks all nodes.</summary>
    /// <param name="cache">What Larder shows.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>One sentence for each difference.</returns>
    public async Task<IReadOnlyList<string>> ProblemsAsync(ClusterView cache, CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        if (cache.SpreadProblem is { Length: > 0 } spread)
        {
            problems.Add(spread);
        }

        foreach (var node in cache.Nodes)
        {
            await using var connection = await RespConnection.OpenAsync(endpoint.At(node.TlsPort), cancellationToken);
            var info = Text(await connection.CallAsync(cancellationToken, "CLUSTER", "INFO"));
            if (!info.Contains("cluster_state:ok", StringComparison.Ordinal) || !info.Contains("cluster_slots_assigned:16384", StringComparison.Ordinal))
            {
                problems.Add($"node {node.Ordinal} says of its cluster: {info.ReplaceLineEndings(" ")}");
            }

            var seen = Text(await connection.CallAsync(cancellationToken, "CLUSTER", "NODES")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')).ToList();
            problems.AddRange(Differences(cache, seen).Select(difference => $"node {node.Ordinal} sees {difference}"));
        }

        return problems;
    }

    private static IEnumerable<string> Differences(ClusterView cache, List<string[]> seen)
    {
        var primaries = cache.Shards.Values.ToDictionary(shard => shard.Primary!.TlsPort);
        var ports = seen.Select(line => int.Parse(line[1].Split('@')[0].Split(':')[^1], CultureInfo.InvariantCulture)).ToList();
        if (!ports.Order().SequenceEqual(cache.Nodes.Select(node => node.TlsPort).Order()))
        {
            yield return $"nodes at the ports {string.Join(", ", ports.Order())}";
        }

        foreach (var (line, port) in seen.Zip(ports))
        {
            var flags = line[2].Split(',');
            var slots = line.Skip(8).ToList();
            if (flags.Contains("master") != primaries.ContainsKey(port) || flags.Any(flag => flag is "fail" or "fail?" or "handshake" or "noaddr"))
            {
                yield return $"{port} as {line[2]}";
            }
            else if (slots.Any(range => range.StartsWith('[')))
            {
                yield return $"slots on their way at {port}";
            }
            else if (primaries.TryGetValue(port, out var shard) && !ClusterView.SlotsOf(string.Join(' ', slots), ' ').Order().SequenceEqual(shard.Slots.Order()))
            {
                yield return $"{string.Join(' ', slots)} at {port}, which has {shard.Slots.Length} slots otherwise";
            }
        }
    }

    private static string Text(RespValue value) => value is RespValue.Bulk { Text: { } text } ? text : throw new IOException($"A node answered with {value}.");
}
