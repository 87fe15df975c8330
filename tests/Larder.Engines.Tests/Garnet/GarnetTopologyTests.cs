using Larder.Engines.Garnet;

namespace Larder.Engines.Tests.Garnet;

/// <summary>What a Garnet node says of its topology is understood.</summary>
public sealed class GarnetTopologyTests
{
    private const string Text =
        "aaa 127.0.0.1:7102@17102,host myself,slave bbb 0 0 1 connected\r\n"
        + "bbb 127.0.0.1:7101@17101,host master - 639 0 2 connected 0-16383\r\n"
        + "ccc 127.0.0.1:7101@17101,host master - 639 0 0 disconnected 5 7-9\r\n";

    [Fact]
    public void Parse_ThreeMembers_TellsRolesSlotsAndAddresses()
    {
        var topology = GarnetTopology.Parse(Text);

        Assert.Equal("bbb", topology.Myself.PrimaryId);
        Assert.True(topology.Find("bbb")!.HasAllSlots);
        Assert.True(topology.Find("ccc") is { HasSlots: true, HasAllSlots: false, IsReplica: false });
        Assert.Equal(["bbb", "ccc"], topology.OthersAt(new ReplicationTarget("127.0.0.1", 7101)).Select(member => member.Id));
        Assert.Null(topology.Find(null));
    }

    [Theory]
    [InlineData("")]
    [InlineData("aaa 127.0.0.1:7102 master")]
    [InlineData("aaa nowhere myself,master - 0 0 1 connected")]
    [InlineData("aaa 127.0.0.1:7102@17102 master - 0 0 1 connected")]
    public void Parse_AnotherForm_IsAProtocolViolation(string text) =>
        Assert.Equal(EngineFailure.ProtocolViolation, Assert.Throws<EngineException>(() => GarnetTopology.Parse(text)).Kind);
}
