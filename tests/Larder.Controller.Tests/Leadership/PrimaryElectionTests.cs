using System.Collections.Immutable;
using CsCheck;
using Larder.Controller.Leadership;

namespace Larder.Controller.Tests.Leadership;

/// <summary>Which node becomes the primary: the third invariant of the design, and "never an older generation over a newer one that may come back".</summary>
public sealed class PrimaryElectionTests
{
    [Fact]
    public void The_newest_process_furthest_in_the_stream_wins()
    {
        Assert.Equal(2, Decide([Node(0, answering: false), InMemory(1, offset: 100), InMemory(2, offset: 101)], newest: [0, 1, 2]).Winner);
        Assert.Equal(1, Decide([Node(0, answering: false), InMemory(1, offset: 100) with { Epoch = 2 }, InMemory(2, offset: 101)], newest: [0, 1, 2]).Winner);
    }

    [Fact]
    public void A_node_in_a_full_sync_never_wins_even_alone_and_forced() => Assert.Null(
        Decide([InMemory(1, offset: 500) with { FullSync = true }], newest: [1], patience: true, forced: true).Winner);

    [Fact]
    public void A_restarted_empty_primary_does_not_win_over_its_replica_that_ran_on() => Assert.Equal(
        1, Decide([Node(0), InMemory(1, offset: 9)], newest: [0, 1], patience: true).Winner);

    [Fact]
    public void A_replica_that_was_not_in_sync_at_the_end_waits_for_the_primary_that_may_come_back()
    {
        var away = OnDisk(0) with { Answering = false };
        var waiting = Decide([away, InMemory(1, offset: 900)], newest: [0], patience: true);
        Assert.Null(waiting.Winner);
        Assert.Contains("node 0", waiting.Reason, StringComparison.Ordinal);
        Assert.True(waiting.MayBeForced);
        Assert.Null(Decide([away with { Evidence = Evidence.None }, InMemory(1)], newest: [0], patience: true).Winner);

        var back = Decide([OnDisk(0), InMemory(1, offset: 900)], newest: [0]);
        Assert.Equal((0, false), (back.Winner, back.Lossy));
    }

    [Fact]
    public void An_operator_may_give_up_the_newest_and_is_told()
    {
        var forced = Decide([OnDisk(0) with { Answering = false }, InMemory(1) with { Epoch = 3 }], newest: [0], forced: true);
        Assert.Equal((1, true), (forced.Winner, forced.Lossy));
        Assert.Contains("given up", forced.Reason, StringComparison.Ordinal);
        Assert.Contains("epoch 3", forced.Reason, StringComparison.Ordinal);
        Assert.Null(Decide([OnDisk(0) with { Answering = false }], newest: [0], forced: true).Winner);
    }

    [Fact]
    public void Without_persistence_what_ended_is_not_waited_for()
    {
        var older = Decide([Node(0, answering: false), InMemory(1)], newest: [0], isVolatile: true);
        Assert.Equal((1, true), (older.Winner, older.Lossy));
        Assert.False(older.BeginsEmpty);
        var empty = Decide([Node(0), Node(1, answering: false)], newest: [0, 1], isVolatile: true);
        Assert.Equal((0, true), (empty.Winner, empty.Lossy));
        Assert.True(empty.BeginsEmpty);
        Assert.Contains("begins empty", empty.Reason, StringComparison.Ordinal);
        Assert.Null(Decide([Node(0), InMemory(1) with { Answering = false }], newest: [0, 1], isVolatile: true, patience: true).Winner);
    }

    [Fact]
    public void A_newest_node_that_comes_back_without_its_data_gives_way_to_older_data()
    {
        var decision = Decide([Node(0), OnDisk(1) with { Epoch = 1 }], newest: [0]);
        Assert.Equal((1, true), (decision.Winner, decision.Lossy));
        Assert.Contains("not on disk any more", decision.Reason, StringComparison.Ordinal);
        Assert.Null(Decide([Node(0), OnDisk(1) with { Answering = false }], newest: [0], patience: true).Winner);
    }

    [Fact]
    public void After_a_restart_of_all_the_others_of_the_newest_are_waited_for_within_a_bound()
    {
        Assert.Null(Decide([OnDisk(0), OnDisk(1) with { Answering = false }], newest: [0, 1]).Winner);
        Assert.Equal(0, Decide([OnDisk(0), OnDisk(1) with { Answering = false }], newest: [0, 1], patience: true).Winner);
        Assert.Equal(0, Decide([OnDisk(0, offset: 5), OnDisk(1, offset: 6)], newest: [0, 1]).Winner);
        Assert.Equal(1, Decide([OnDisk(0, offset: 9) with { Keys = 0 }, OnDisk(1)], newest: [0, 1]).Winner);
        Assert.Equal(0, Decide([OnDisk(0), OnDisk(1)], newest: [0, 1]).Winner);
    }

    [Fact]
    public void A_loading_node_of_the_newest_is_waited_for_without_a_bound()
    {
        var decision = Decide([OnDisk(0) with { Loading = true }, OnDisk(1)], newest: [0, 1], patience: true);
        Assert.Null(decision.Winner);
        Assert.Contains("node 0", decision.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_shard_waits_for_all_nodes_and_begins_with_the_first()
    {
        Assert.Null(Decide([Node(0), Node(1, answering: false)], newest: [], last: null).Winner);
        Assert.Equal(0, Decide([Node(0), Node(1)], newest: [], last: null).Winner);
        Assert.Equal(0, Decide([Node(0), Node(1, answering: false)], newest: [], last: null, patience: true).Winner);
        Assert.Equal(1, Decide([Node(0), Node(1) with { Keys = 10 }], newest: [], last: 0).Winner);
    }

    [Fact]
    public void Whoever_wins_is_ready_and_takes_the_place_of_nobody_newer_that_may_come_back()
    {
        var node = from flags in Gen.Int[0, 7]
                   from evidence in Gen.Int[0, 2]
                   from epoch in Gen.Long[0, 3]
                   from offset in Gen.Long[0, 5]
                   from keys in Gen.Long[0, 2]
                   select new ElectionCandidate
                   {
                       Ordinal = 0,
                       Answering = (flags & 1) != 0,
                       Loading = (flags & 3) == 3,
                       FullSync = (flags & 4) != 0,
                       Evidence = (Evidence)evidence,
                       Epoch = epoch,
                       Offset = offset,
                       Keys = keys,
                   };
        Gen.Select(node.Array[1, 4], Gen.Int[0, 15], Gen.Bool, Gen.Bool, Gen.Bool).Sample((nodes, newestBits, patience, isVolatile, forced) =>
        {
            var candidates = nodes.Select((candidate, i) => candidate with { Ordinal = i }).ToList();
            ImmutableArray<int> newest = [.. Enumerable.Range(0, candidates.Count).Where(i => (newestBits & (1 << i)) != 0)];
            var decision = Decide(candidates, newest, patience: patience, isVolatile: isVolatile, forced: forced);
            Assert.NotEmpty(decision.Reason);
            if (decision.Winner is not { } winner)
            {
                // It never waits for nothing: somebody is missing, or nobody answers with complete data.
                Assert.Contains(candidates, candidate => !candidate.Ready);
                Assert.True(!forced || !candidates.Any(candidate => candidate.Ready));
                return;
            }

            var won = candidates[winner];
            Assert.True(won.Ready);
            var members = candidates.Where(candidate => newest.Contains(candidate.Ordinal)).ToList();
            if (members.Where(member => member is { Ready: true, Evidence: Evidence.Memory }).ToList() is { Count: > 0 } alive)
            {
                Assert.Contains(won, alive);
                Assert.DoesNotContain(alive, other => other.Epoch > won.Epoch || (other.Epoch == won.Epoch && other.Offset > won.Offset));
            }

            if (members.Count > 0 && (!newest.Contains(winner) || won.Evidence == Evidence.None))
            {
                Assert.True(decision.Lossy);
                Assert.DoesNotContain(members, member => member.Ready && member.Evidence != Evidence.None);
                Assert.True(forced || members.All(member => member.Ready || (isVolatile && member is { Evidence: Evidence.None, Loading: false })));
                Assert.DoesNotContain(candidates, other => other.Ready && other.Evidence != Evidence.None && other.Epoch > won.Epoch);
                Assert.True(won.Evidence != Evidence.None || !candidates.Any(other => other.Ready && other.Evidence != Evidence.None));
            }
        });
    }

    private static ElectionDecision Decide(
        IReadOnlyList<ElectionCandidate> candidates, ImmutableArray<int> newest, int? last = 0, bool patience = false, bool isVolatile = false,
        bool forced = false) => PrimaryElection.Decide(candidates, new ElectionState
        {
            LastPrimary = last,
            Newest = newest,
            Volatile = isVolatile,
            PatienceOver = patience,
            Forced = forced,
        });

    private static ElectionCandidate InMemory(int ordinal, long offset = 0) => Node(ordinal) with { Evidence = Evidence.Memory, Offset = offset, Epoch = 1, Keys = 4 };

    private static ElectionCandidate OnDisk(int ordinal, long offset = 0) => Node(ordinal) with { Evidence = Evidence.Disk, Offset = offset, Epoch = 1, Keys = 4 };

    private static ElectionCandidate Node(int ordinal, bool answering = true) => new()
    {
        Ordinal = ordinal,
        Answering = answering,
        Loading = false,
        FullSync = false,
        Evidence = Evidence.None,
        Epoch = 0,
        Offset = 0,
        Keys = 0,
    };
}
