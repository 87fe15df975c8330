using System.Globalization;
using System.Text.RegularExpressions;
using Larder.Gateway.Clients;

namespace Larder.Gateway.Clusters;

/// <summary>
/// Puts the gateway's addresses into what engines tell of their cluster: <c>CLUSTER SLOTS</c>, <c>SHARDS</c>, <c>NODES</c> and <c>REPLICAS</c>. What else they tell
/// stays as it is.
/// </summary>
/// <param name="redirects">Knows where the client reaches them.</param>
internal sealed partial class TopologyEditor(Redirects redirects) : IReplyEditor
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

        var edited = items.ConvertAll(Edit);

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

    private string EditLines(string text) => NodeAddress().Replace(text, match =>
        Find(match.Groups["host"].Value, match.Groups["port"].Value) is { } own ? $"{own.Address}:{Text(own.Port)}@0" : match.Value);

    private (string Address, int Port)? Find(string host, string port) =>
        int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? redirects.Find(host, number) : null;

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

    [GeneratedRegex(@"(?<host>[0-9a-fA-F.:]+):(?<port>\d+)@\d+", RegexOptions.CultureInvariant)]
    private static partial Regex NodeAddress();
}
