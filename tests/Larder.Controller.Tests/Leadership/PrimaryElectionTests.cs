using CsCheck;
using Larder.Controller.Leadership;

namespace Larder.Controller.Tests.Leadership;

/// <summary>Which node becomes the primary: the third invariant of the design, and "never an empty one over a full one".</summary>
public sealed class PrimaryElectionTests
{
    [Fact]
    public void The_continuous_node_furthest_in_the_stream_wins()
    {
        var decision = PrimaryElection.Decide(
            [Node(0, answering: false), Node(1, continuous: true, offset: 100), Node(2, continuous: true, offset: 101)], lastPrimary: 0, patienceOver: false);
        Assert.Equal(2, decision.Winner);
    }

    [Fact]
    public void A_node_in_a_full_sync_never_wins_even_alone()
    {
        var decision = PrimaryElection.Decide([Node(1, continuous: true, offset: 500) with { FullSync = true }], lastPrimary: 0, patienceOver: true);
        Assert.Null(decision.Winner);
    }

    [Fact]
    public void A_restarted_empty_primary_does_not_win_over_its_replica_that_ran_on()
    {
        var decision = PrimaryElection.Decide([Node(0, keys: 0), Node(1, continuous: true, offset: 9, keys: 4)], lastPrimary: 0, patienceOver: true);
        Assert.Equal(1, decision.Winner);
    }

    [Fact]
    public void After_a_restart_of_all_the_one_with_data_wins_over_the_empty_last_primary()
    {
        var decision = PrimaryElection.Decide([Node(0, keys: 0), Node(1, keys: 10)], lastPrimary: 0, patienceOver: false);
        Assert.Equal(1, decision.Winner);
    }

    [Fact]
    public void After_a_restart_of_all_a_loading_node_is_waited_for_without_a_bound()
    {
        var decision = PrimaryElection.Decide([Node(0) with { Loading = true }, Node(1, keys: 10)], lastPrimary: 1, patienceOver: true);
        Assert.Null(decision.Winner);
        Assert.Contains("node 0", decision.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_shard_waits_for_all_nodes_and_begins_with_the_first()
    {
        Assert.Null(PrimaryElection.Decide([Node(0), Node(1, answering: false)], lastPrimary: null, patienceOver: false).Winner);
        Assert.Equal(0, PrimaryElection.Decide([Node(0), Node(1)], lastPrimary: null, patienceOver: false).Winner);
        Assert.Equal(0, PrimaryElection.Decide([Node(0), Node(1, answering: false)], lastPrimary: null, patienceOver: true).Winner);
    }

    [Fact]
    public void Whoever_wins_is_eligible_and_nobody_eligible_is_further()
    {
        var node = from ordinal in Gen.Int[0, 3]
                   from flags in Gen.Int[0, 15]
                   from offset in Gen.Long[0, 5]
                   from keys in Gen.Long[0, 2]
                   select new ElectionCandidate
                   {
                       Ordinal = ordinal,
                       Answering = (flags & 1) != 0,
                       Loading = (flags & 3) == 3,
                       FullSync = (flags & 4) != 0,
                       Continuous = (flags & 8) != 0,
                       Offset = offset,
                       Keys = keys,
                   };
        Gen.Select(node.Array[1, 4], Gen.Int[0, 3], Gen.Bool).Sample((nodes, last, patience) =>
        {
            var distinct = nodes.DistinctBy(candidate => candidate.Ordinal).ToList();
            var decision = PrimaryElection.Decide(distinct, last, patience);
            Assert.NotEmpty(decision.Reason);
            if (decision.Winner is not { } winner)
            {
                return;
            }

            var won = distinct.Single(candidate => candidate.Ordinal == winner);
            Assert.True(won is { Answering: true, Loading: false, FullSync: false });
            var eligible = distinct.Where(candidate => candidate is { Answering: true, Loading: false, FullSync: false }).ToList();
            if (eligible.Any(candidate => candidate.Continuous))
            {
                Assert.True(won.Continuous);
                Assert.DoesNotContain(eligible, candidate => candidate.Continuous && candidate.Offset > won.Offset);
            }
            else if (eligible.Any(candidate => candidate.Keys > 0))
            {
                Assert.True(won.Keys > 0);
            }
        });
    }

    private static ElectionCandidate Node(
        int ordinal, bool answering = true, bool continuous = false, long offset = 0, long keys = 0) => new()
        {
            Ordinal = ordinal,
            Answering = answering,
            Loading = false,
            FullSync = false,
            Continuous = continuous,
            Offset = offset,
            Keys = keys,
        };
}
