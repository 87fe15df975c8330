using System.Globalization;
using System.Text.RegularExpressions;
using Larder.Gateway.Clients;

namespace Larder.Gateway.Clusters;

/// <summary>
/// Puts the gateway's addresses into what engines tell of their cluster: <c>CLUSTER SLOTS</c>, <c>SHARDS</c>, <c>NODES</c> and <c>REPLICAS</c>. What else they tell
/// stays as it is. Nodes that no client can reach are left out: those that engines are about to meet, and those that Larder has them keep in mind without being there.
/// </summary>
/// <param name="find">Where the client reaches an engine, by the address and port that the engines have for it; <c>null</c> where it is none of this cache.</param>
internal sealed partial class TopologyEditor(Func<string, int, (string Address, int Port)?> find) : IReplyEditor
{
    /// <summary>Whether a subcommand's reply has addresses.</summary>
    /// <param name="subcommand">The subcommand of CLUSTER, in upper case.</param>
    public static bool IsFor(string subcommand) => subcommand is "SLOTS" or "SHARDS" or "NODES" or "REPLICAS" or "SLAVES";

    /// <inheritdoc/>
    public byte[] Edit(ReadOnlySpan<byte> reply) => RespTree.Read(reply) is { } tree ? Edit(tree).Write() : reply.ToArray();

    private RespTree Edit(RespTree tree)
    {
        if (tree.Items is not { } items)
        {
            return tree.Text is { } text && text.Contains('@', StringComparison.Ordinal) ? tree with { Text = EditLines(text) } : tree;
        }

        var edited = items.Where(item => !IsUnreachable(item)).Select(Edit).ToList();

        // SLOTS: host, port, id and more.
        if (edited is [{ Type: (byte)'$' or (byte)'+', Text: { } host }, { Type: (byte)':', Text: { } number }, ..] && Find(host, number) is { } own)
        {
            edited[0] = edited[0] with { Text = own.Address };
            edited[1] = edited[1] with { Text = Text(own.Port) };
            return tree with { Items = edited };
        }

        // SHARDS: names and values by turns, as an array or as a map.
        var (address, port) = (ValueOf(edited, "ip"), ValueOf(edited, "port"));
        if (address >= 0 && port >= 0 && Find(edited[address].Text ?? "", edited[port].Text ?? "") is { } node)
        {
            edited[address] = edited[address] with { Text = node.Address };
            edited[port] = edited[port] with { Text = Text(node.Port) };
            if (ValueOf(edited, "endpoint") is >= 0 and var endpoint)
            {
                edited[endpoint] = edited[endpoint] with { Text = node.Address };
            }
        }

        return tree with { Items = edited };
    }

    // NODES: a line each. REPLICAS: a text each, without a line's end.
    private string EditLines(string text)
    {
        var lines = text.Split('\n').Where(line => !IsUnreachableLine(line)).Select(line => NodeAddress().Replace(line, match =>
            Find(match.Groups["host"].Value, match.Groups["port"].Value) is { } own ? $"{own.Address}:{Text(own.Port)}@0" : match.Value));
        return string.Join('\n', lines);
    }

    private bool IsUnreachableLine(string line) => line.Split(' ') is [_, var address, var flags, ..] && !flags.Contains("myself", StringComparison.Ordinal)
        && (flags.Contains("handshake", StringComparison.Ordinal) || NodeAddress().Match(address) is not { Success: true } match || Find(match.Groups["host"].Value, match.Groups["port"].Value) is null);

    // A node of SHARDS, or a shard there of which no node is left; or a text of REPLICAS.
    private bool IsUnreachable(RespTree item)
    {
        if (item.Items is not { } fields)
        {
            return item.Text is { } text && text.Contains('@', StringComparison.Ordinal) && !text.Contains('\n', StringComparison.Ordinal) && IsUnreachableLine(text);
        }

        if (ValueOf(fields, "nodes") is >= 0 and var nodes && fields[nodes].Items is { Count: > 0 } shard)
        {
            return shard.TrueForAll(IsUnreachable);
        }

        var (address, port) = (ValueOf(fields, "ip"), ValueOf(fields, "port"));
        return address >= 0 && port >= 0 && Find(fields[address].Text ?? "", fields[port].Text ?? "") is null;
    }

    private (string Address, int Port)? Find(string host, string port) =>
        int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? find(host, number) : null;

    private static int ValueOf(List<RespTree> items, string name)
    {
        for (var index = 0; index + 1 < items.Count; index += 2)
        {
            if (items[index].Text == name)
            {
                return index + 1;
            }
        }

        return -1;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"(?<host>[0-9a-fA-F.:]*):(?<port>\d+)@\d+", RegexOptions.CultureInvariant)]
    private static partial Regex NodeAddress();
}
