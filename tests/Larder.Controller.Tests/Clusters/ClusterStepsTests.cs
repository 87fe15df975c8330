using System.Collections.Immutable;
using Larder.Controller.Clusters;
using Larder.Controller.Shards;
using Larder.Engines;
using Larder.Engines.Clusters;
using Larder.Model;
using Larder.Model.Clusters;
using Larder.Model.Specs;
using Larder.Model.Status;

namespace Larder.Controller.Tests.Clusters;

/// <summary>From what nodes say of their cluster follows what they are told, from every state that an earlier daemon may have left.</summary>
public sealed class ClusterStepsTests
{
    private static readonly SlotMap Map = SlotMap.Even(2);

    [Fact]
    public void Nodes_that_all_know_each_other_and_the_slots_are_told_nothing()
    {
        NodeSight[] sights = [Sight(0, Knows(0), Knows(1)), Sight(1, Knows(0), Knows(1))];
        Assert.Empty(ClusterSteps.Decide(sights));
        Assert.Empty(ClusterSteps.Remind(sights, Map, ordinal => ordinal));
        Assert.Equal("", ClusterSteps.Problem(sights, Map, ordinal => ordinal));
    }

    [Fact]
    public void Who_does_not_know_a_node_that_runs_is_introduced_to_it()
    {
        var step = Assert.Single(ClusterSteps.Decide([Sight(0, Knows(0)), Sight(1, Knows(0), Knows(1))]));
        Assert.Equal((0, Id(1)), (step.Ordinal, step.Meet!.NodeId));
    }

    [Fact]
    public void Nobody_is_introduced_to_a_node_that_does_not_answer() =>
        Assert.Empty(ClusterSteps.Decide([Sight(0, Knows(0)), Sight(1) with { Probe = null }]));

    [Fact]
    public void A_stranger_is_forgotten_once_it_has_no_slots_and_nobody_follows_it()
    {
        var stranger = Id(9);
        NodeSight[] Sights(string slots, string primary) =>
        [
            Sight(0, Knows(0), Knows(1), (stranger, "master", "-", slots)),
            Sight(1, Knows(0), (Id(1), "slave", primary, ""), (stranger, "master", "-", slots)),
        ];
        Assert.Equal([(0, stranger), (1, stranger)], ClusterSteps.Decide(Sights("", "-")).Select(step => (step.Ordinal, step.Forget)));
        Assert.Equal([(0, stranger)], ClusterSteps.Decide(Sights("", stranger)).Select(step => (step.Ordinal, step.Forget)));
        Assert.Empty(ClusterSteps.Decide(Sights("0-9", "-")));
    }

    [Fact]
    public void Who_has_not_heard_of_slots_that_changed_hands_is_named_and_reminded_by_their_primary()
    {
        NodeSight[] sights = [Sight(0, Knows(0), Knows(1)), Sight(1, (Id(0), "master", "-", "0-100"), Knows(1))];
        Assert.Equal("node 1 sees 101 slots at shard 0, which has 8192 slots", ClusterSteps.Problem(sights, Map, ordinal => ordinal));
        var step = Assert.Single(ClusterSteps.Remind(sights, Map, ordinal => ordinal));
        Assert.Equal((0, Id(1)), (step.Ordinal, step.Meet!.NodeId));
    }

    [Fact]
    public void A_primary_that_lacks_its_slots_itself_reminds_nobody()
    {
        NodeSight[] sights = [Sight(0, (Id(0), "master", "-", "0-100"), Knows(1)), Sight(1, Knows(0), Knows(1))];
        Assert.Empty(ClusterSteps.Remind(sights, Map, ordinal => ordinal));
        Assert.NotEqual("", ClusterSteps.Problem(sights, Map, ordinal => ordinal));
    }

    [Fact]
    public void A_node_whose_cluster_does_not_serve_is_named() => Assert.Equal(
        "node 1 says that the cluster does not serve",
        ClusterSteps.Problem([Sight(0, Knows(0), Knows(1)), Sight(1, "fail", Knows(0), Knows(1))], Map, ordinal => ordinal));

    [Fact]
    public void A_shard_that_still_has_keys_when_its_slots_are_gone_is_named_so_that_it_is_not_removed()
    {
        var map = SlotMap.Parse(new Dictionary<int, string> { [0] = "0-16383", [1] = "" }.ToImmutableSortedDictionary());
        (string, string, string, string)[] all = [(Id(0), "master", "-", "0-16383"), (Id(1), "master", "-", "")];
        var empty = Sight(1, all);
        Assert.Equal("", ClusterSteps.Problem([Sight(0, all), empty], map, ordinal => ordinal));
        Assert.Equal(
            "shard 1 has no slots, and 3 keys",
            ClusterSteps.Problem([Sight(0, all), empty with { Probe = empty.Probe! with { Keys = 3 } }], map, ordinal => ordinal));
    }

    private static string Id(int ordinal) => $"{ordinal:D40}";

    private static (string Id, string Flags, string Primary, string Slots) Knows(int ordinal) => (Id(ordinal), "master", "-", string.Join(' ', Map.Of(ordinal)));

    private static NodeSight Sight(int ordinal, params (string Id, string Flags, string Primary, string Slots)[] knows) => Sight(ordinal, "ok", knows);

    private static NodeSight Sight(int ordinal, string state, params (string Id, string Flags, string Primary, string Slots)[] knows)
    {
        var self = new ClusterPeer(Id(ordinal), "127.0.0.1", 7000 + ordinal, 8000 + ordinal, Id(100 + ordinal));
        var configuration = new NodeConfiguration
        {
            Cache = "it",
            Ordinal = ordinal,
            DataFolder = "/data",
            ConfigurationFolder = "/conf",
            SocketPath = "/socket",
            ReplicationAddress = self.Address,
            ReplicationPort = self.Port,
            MaxMemoryBytes = 1,
            MaxClients = 1,
            Persistence = PersistenceMode.Disabled,
            InternalUser = new EngineUser("larder", new Secret("00")),
            GatewayUser = new EngineUser("gateway", new Secret("11")),
            Cluster = new ClusterMembership(self, [self]),
        };
        var probe = knows.Length == 0 ? null : new NodeProbe
        {
            ProcessId = 1,
            Loading = false,
            Role = NodeRole.Primary,
            LinkUp = false,
            FullSyncInProgress = false,
            ReplicationOffset = 0,
            ReplicationId = "",
            UsedMemoryBytes = 0,
            Keys = 0,
            CpuTime = TimeSpan.Zero,
            Cluster = ClusterView.Parse(
                string.Join('\n', knows.Select((member, index) =>
                    $"{member.Id} 127.0.0.1:{7000 + index}@{8000 + index} {(member.Id == self.NodeId ? "myself," : "")}{member.Flags} {member.Primary} 0 0 1 connected {member.Slots}")),
                $"cluster_state:{state}"),
        };
        return new NodeSight(configuration, NodeRole.Primary, true, probe);
    }
}
