using Larder.Engines.Clusters;

namespace Larder.Engines.Tests.Clusters;

/// <summary>How nodes describe their cluster is understood in every form that an engine uses.</summary>
public sealed class ClusterViewTests
{
    private const string Nodes = """
        096b894a6221549f663938283fcc96d7f12d80fd 127.0.0.1:25085@25086,,tls-port=0,shard-id=c11dd15951e9e789771c1a0ef432b0eb26eb2323 myself,master,nofailover - 0 0 2 connected 0-99 101 [7->-5866d77bdbe360fb8c55e9ac982d3c5e499cc367] [900-<-5866d77bdbe360fb8c55e9ac982d3c5e499cc367]
        5866d77bdbe360fb8c55e9ac982d3c5e499cc367 127.0.0.1:25087@25088 slave,nofailover 096b894a6221549f663938283fcc96d7f12d80fd 0 1795804057933 0 connected
        94373c9eb688b2df61c61386f7effe9afc4901c0 :0@0 master,fail,noaddr - 0 0 0 disconnected
        ebe39ce1d28eb20e43fbb483edb63f47c8468a5f 127.0.0.1:25091@25092 handshake - 0 0 0 disconnected
        """;

    [Fact]
    public void Parse_EveryKindOfNode_IsUnderstood()
    {
        var view = ClusterView.Parse(Nodes, "cluster_state:fail\r\ncluster_slots_assigned:101\r\n");

        Assert.False(view.IsOk);
        Assert.Equal(["0-99", "101"], view.Myself.Slots.Select(range => range.ToString()));
        Assert.Equal(25085, view.Myself.Port);
        Assert.Equal(7, Assert.Single(view.Migrating).Slot);
        Assert.Equal(900, Assert.Single(view.Importing).Slot);
        Assert.Equal(view.Myself.Id, view.Find("5866d77bdbe360fb8c55e9ac982d3c5e499cc367")!.PrimaryId);
        Assert.Empty(view.Find("94373c9eb688b2df61c61386f7effe9afc4901c0")!.Address);
        Assert.Null(view.Find("ebe39ce1d28eb20e43fbb483edb63f47c8468a5f"));
    }

    [Fact]
    public void Signature_OfViewsThatDifferInTimesOnly_IsTheSame() => Assert.Equal(
        ClusterView.Parse(Nodes, "cluster_state:ok").Signature, ClusterView.Parse(Nodes.Replace("1795804057933", "1", StringComparison.Ordinal), "cluster_state:ok").Signature);

    [Theory]
    [InlineData("")]
    [InlineData("not a node")]
    [InlineData("096b894a6221549f663938283fcc96d7f12d80fd 127.0.0.1:x@1 myself,master - 0 0 0 connected")]
    [InlineData("096b894a6221549f663938283fcc96d7f12d80fd 127.0.0.1:1@1 myself,master - 0 0 0 connected 9-3")]
    [InlineData("096b894a6221549f663938283fcc96d7f12d80fd 127.0.0.1:1@1 master - 0 0 0 connected")]
    public void Parse_AnythingElse_IsRefused(string nodes) => Assert.Equal(
        EngineFailure.ProtocolViolation, Assert.Throws<EngineException>(() => ClusterView.Parse(nodes, "cluster_state:ok")).Kind);
}
