using Larder.Engines.Clusters;
using Larder.Engines.Redis;
using Larder.Model.Clusters;

namespace Larder.Engines.Tests.Clusters;

/// <summary>What a node is told so that it is a primary with its claim, from how it sees the cluster.</summary>
public sealed class ClaimCommandsTests
{
    private const string Me = "1111111111111111111111111111111111111111";
    private const string Other = "2222222222222222222222222222222222222222";
    private const string Nobody = "3333333333333333333333333333333333333333";

    [Fact]
    public void Of_AReplicaOfThePrimaryWithTheSlots_TakesOver() =>
        Assert.Equal(["MULTI", "CLUSTER FAILOVER TAKEOVER", "EXEC"], Commands(Replica("0-99"), Claim("0-99")));

    [Fact]
    public void Of_AReplicaOfNobody_ClaimsTheSlotsBeforeItTakesOver() => Assert.Equal(
        ["MULTI", "CLUSTER DELSLOTSRANGE 0 99", "CLUSTER ADDSLOTSRANGE 0 99", "CLUSTER FAILOVER TAKEOVER", "EXEC"],
        Commands(View(($"{Me}", "myself,slave", Nobody, ""), (Nobody, "master", "-", ""), (Other, "master", "-", "0-16383")), Claim("0-99")));

    [Fact]
    public void Of_AReplicaWhosePrimaryHadASlotThatIsAnotherShardsNow_GivesItUpBeforeItTakesOver() => Assert.Equal(
        ["MULTI", "CLUSTER DELSLOTSRANGE 99 99", "CLUSTER FAILOVER TAKEOVER", "EXEC"], Commands(Replica("0-99"), Claim("0-98")));

    [Fact]
    public void Of_APrimaryThatLacksSlots_ClaimsThemUnderANewEpoch() => Assert.Equal(
        ["MULTI", "CLUSTER DELSLOTSRANGE 5 9", "CLUSTER ADDSLOTSRANGE 5 19", "CLUSTER BUMPEPOCH", "EXEC"],
        Commands(View((Me, "myself,master", "-", "0-4"), (Other, "master", "-", "5-9")), Claim("0-19")));

    [Fact]
    public void Of_SlotsOnTheirWay_TellsThemOutsideTheTransactionInWhichAnEngineMayNotWait() => Assert.Equal(
        ["MULTI", "CLUSTER FAILOVER TAKEOVER", "EXEC", $"CLUSTER SETSLOT 7 MIGRATING {Other}", $"CLUSTER SETSLOT 200 IMPORTING {Other}"],
        Commands(Replica("0-99"), Claim("0-99") with { Migrating = [new SlotLink(7, Other)], Importing = [new SlotLink(200, Other)] }));

    [Fact]
    public void Of_SlotsThatStayAfterAll_SettlesThemAndLeavesThoseThatHaveArrived()
    {
        var view = View((Me, "myself,master", "-", $"0-100 [7->-{Other}] [100->-{Other}] [101->-{Other}] [200-<-{Other}]"));

        // 7 is still the node's own; 100 is not any more, and until it is told, it sends on whoever asks; 101 it has heard of from the new owner; 200 is not coming.
        Assert.Equal(["CLUSTER SETSLOT 7 STABLE", "CLUSTER SETSLOT 101 STABLE", "CLUSTER SETSLOT 200 STABLE"], Commands(view, Claim("0-99")));
        Assert.False(Claim("0-99").IsHeldBy(view));
        Assert.Equal(["CLUSTER SETSLOT 7 STABLE", "CLUSTER SETSLOT 101 STABLE"], Commands(view, Claim("0-99") with { Prepared = [200] }));
    }

    [Fact]
    public void OfArrived_TakesAllAtOnceUnderANewEpochAndTheLastOneSoThatAllOthersAreTold() => Assert.Equal(
        ["MULTI", "CLUSTER DELSLOTSRANGE 3 4 7 7", "CLUSTER ADDSLOTSRANGE 3 4 7 7", "CLUSTER BUMPEPOCH", "EXEC", $"CLUSTER SETSLOT 8 NODE {Me}"],
        ClaimCommands.OfArrived([4, 3, 7, 8], Me).Select(command => string.Join(' ', command)));

    [Fact]
    public void OfArrived_ASingleSlotNeedsNoTransaction() => Assert.Equal(
        [$"CLUSTER SETSLOT 8 NODE {Me}"], ClaimCommands.OfArrived([8], Me).Select(command => string.Join(' ', command)));

    [Fact]
    public void Of_APrimaryThatHoldsItsClaim_IsNothing()
    {
        var view = View((Me, "myself,master", "-", "0-99 200"));
        Assert.Empty(Commands(view, Claim("0-50,200")));
        Assert.True(Claim("0-50,200").IsHeldBy(view));
        Assert.False(Claim("0-100").IsHeldBy(view));
        Assert.False(Claim("0-99").IsHeldBy(Replica("0-99")));
    }

    private static ClusterView Replica(string slots) => View((Me, "myself,slave", Other, ""), (Other, "master,nofailover", "-", slots));

    private static ClusterView View(params (string Id, string Flags, string Primary, string Slots)[] members) => ClusterView.Parse(
        string.Join('\n', members.Select((member, index) => $"{member.Id} 127.0.0.1:{7000 + index}@{8000 + index} {member.Flags} {member.Primary} 0 0 1 connected {member.Slots}")),
        "cluster_state:ok\r\n");

    private static ClusterClaim Claim(string slots) => new(SlotMap.Ranges(slots), [], []);

    private static IEnumerable<string> Commands(ClusterView view, ClusterClaim claim) => ClaimCommands.Of(view, claim).Select(command => string.Join(' ', command));
}
