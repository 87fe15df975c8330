using System.Text;
using Larder.Gateway.Clusters;

namespace Larder.Gateway.Tests;

/// <summary>What clients read of a cluster has the gateway's addresses, and no node that they cannot reach.</summary>
public sealed class TopologyEditorTests
{
    private static readonly TopologyEditor Editor = new(
        (address, port) => address == "127.0.0.1" && port is 7000 or 7001 ? ("10.0.0.9", port + 8000) : null);

    [Fact]
    public void Nodes_has_the_gateways_addresses_and_leaves_out_who_is_only_about_to_be_met_or_is_not_there()
    {
        const string first = "aaaa 127.0.0.1:7000@7100 myself,master - 0 0 1 connected 0-100 [7->-bbbb]\n";
        const string second = "bbbb 127.0.0.1:7001@7101,,shard-id=cccc slave aaaa 0 0 1 connected\n";
        const string met = "dddd 127.0.0.1:7001@7101 handshake - 0 0 0 disconnected\n";
        const string keeper = "000b :0@0 master,noaddr - 0 0 0 disconnected 101-16383\n";
        const string nowhere = "000c 127.0.0.1:1@1 master - 0 0 0 disconnected\n";
        Assert.Equal(
            Bulk("aaaa 10.0.0.9:15000@0 myself,master - 0 0 1 connected 0-100 [7->-bbbb]\nbbbb 10.0.0.9:15001@0,,shard-id=cccc slave aaaa 0 0 1 connected\n"),
            Edit(Bulk(first + second + met + keeper + nowhere)));
    }

    [Fact]
    public void A_node_that_does_not_know_its_own_address_is_still_told_of() =>
        Assert.Contains("aaaa :7000@7100 myself,master", Edit(Bulk("aaaa :7000@7100 myself,master - 0 0 1 connected\n")), StringComparison.Ordinal);

    [Fact]
    public void Replicas_leaves_them_out_too() => Assert.Equal(
        "*1\r\n" + Bulk("bbbb 10.0.0.9:15001@0 slave aaaa 0 0 1 connected"),
        Edit("*2\r\n" + Bulk("bbbb 127.0.0.1:7001@7101 slave aaaa 0 0 1 connected") + Bulk("eeee 127.0.0.1:9@9 slave aaaa 0 0 1 connected")));

    [Theory]
    [InlineData('*')]
    [InlineData('%')]
    public void Shards_leaves_out_nodes_and_shards_of_which_none_is_left(char map)
    {
        string Map(int pairs) => map == '%' ? $"%{pairs}\r\n" : $"*{pairs * 2}\r\n";
        string Node(string address, int port) => Map(3) + Bulk("id") + Bulk("aaaa") + Bulk("port") + $":{port}\r\n" + Bulk("ip") + Bulk(address);
        string Shard(params string[] nodes) => Map(2) + Bulk("slots") + "*2\r\n:0\r\n:100\r\n" + Bulk("nodes") + $"*{nodes.Length}\r\n" + string.Concat(nodes);
        Assert.Equal(
            "*1\r\n" + Shard(Node("10.0.0.9", 15000)),
            Edit("*2\r\n" + Shard(Node("127.0.0.1", 7000), Node("127.0.0.1", 9)) + Shard(Node("", 0))));
    }

    [Fact]
    public void Slots_has_the_gateways_addresses()
    {
        string Reply(string address, int port) => "*1\r\n*3\r\n:0\r\n:100\r\n*4\r\n" + Bulk(address) + $":{port}\r\n" + Bulk("aaaa") + "*0\r\n";
        Assert.Equal(Reply("10.0.0.9", 15000), Edit(Reply("127.0.0.1", 7000)));
    }

    private static string Bulk(string text) => $"${text.Length}\r\n{text}\r\n";

    private static string Edit(string reply) => Encoding.UTF8.GetString(Editor.Edit(Encoding.UTF8.GetBytes(reply)));
}
