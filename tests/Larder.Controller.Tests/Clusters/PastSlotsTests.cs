using System.Collections.Immutable;
using Larder.Controller.Clusters;
using Larder.Model.Clusters;
using Larder.Store.Documents;

namespace Larder.Controller.Tests.Clusters;

/// <summary>Which shard had which slot at a past second, and at which seconds nobody can tell.</summary>
public sealed class PastSlotsTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Without_a_change_it_is_as_it_is_now() => Assert.Equal(SlotMap.Even(2), Map(Document(2), 0));

    [Fact]
    public void Before_a_change_it_is_as_it_was_and_after_it_as_it_became()
    {
        var document = Document(4) with { Past = [Past(2, 3, began: 100, ended: 110), Past(3, 4, began: 200, ended: 210)] };
        Assert.Equal(
            [SlotMap.Even(2), SlotMap.Even(2), null, null, null, SlotMap.Even(3), SlotMap.Even(3), null, null, SlotMap.Even(4)],
            new[] { 0, 97, 98, 100, 109, 110, 197, 198, 209, 210 }.Select(second => PastSlots.At(document, Noon.AddSeconds(second)).Map));
        Assert.Contains("from 2026-11-27 12:01:40Z to 2026-11-27 12:01:50Z. Take a second before 2026-11-27 12:01:37Z", Problem(document, 105), StringComparison.Ordinal);
    }

    [Fact]
    public void While_slots_move_the_time_since_the_first_move_has_no_answer()
    {
        var document = Document(2) with { Scaling = new ScalingDocument("x", 2, 3) { StartedAt = Noon.AddSeconds(100) } };
        Assert.Equal(SlotMap.Even(2), Map(document, 97));
        Assert.Contains("since 2026-11-27 12:01:40Z", Problem(document, 98), StringComparison.Ordinal);
        Assert.Contains("or wait", Problem(document, 1000), StringComparison.Ordinal);
        Assert.Equal(SlotMap.Even(2), Map(document with { Scaling = new ScalingDocument("x", 2, 3) }, 1000));
    }

    [Fact]
    public void Where_a_shard_was_removed_with_its_log_since_there_is_no_answer_even_if_there_is_one_of_its_number_again()
    {
        var document = Document(3) with { Past = [Past(3, 2, began: 100, ended: 110), Past(2, 3, began: 200, ended: 210)] };
        Assert.Contains("shard 2, which had a part of the keys then, was removed", Problem(document, 50), StringComparison.Ordinal);
        Assert.Equal(SlotMap.Even(2), Map(document, 150));
        Assert.Equal(SlotMap.Even(3), Map(document, 210));
    }

    [Fact]
    public void A_change_that_was_undone_hides_only_its_own_time()
    {
        var document = Document(2) with { Past = [Past(2, 2, began: 100, ended: 110)] };
        Assert.Equal([SlotMap.Even(2), null, SlotMap.Even(2)], new[] { 90, 105, 110 }.Select(second => PastSlots.At(document, Noon.AddSeconds(second)).Map));
    }

    private static SlotMap? Map(ClusterDocument document, int second)
    {
        var (map, problem) = PastSlots.At(document, Noon.AddSeconds(second));
        Assert.Equal("", problem);
        return map;
    }

    private static string Problem(ClusterDocument document, int second)
    {
        var (map, problem) = PastSlots.At(document, Noon.AddSeconds(second));
        Assert.Null(map);
        return problem;
    }

    private static PastScaling Past(int before, int after, int began, int ended) =>
        new(Shards(before), Shards(after), Noon.AddSeconds(began), Noon.AddSeconds(ended));

    private static ClusterDocument Document(int shards) => new(Shards(shards));

    private static ImmutableSortedDictionary<int, string> Shards(int count) => Enumerable.Range(0, count).ToImmutableSortedDictionary(shard => shard, SlotMap.Even(count).Format);
}
