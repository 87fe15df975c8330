using System.Collections.Immutable;
using Larder.Model.Clusters;
using Larder.Store.Documents;

namespace Larder.Controller.Clusters;

/// <summary>
/// Which shard had which slot at a past second. Pure. A second in which slots moved has no answer: a key may be in the logs of two shards then, or, where its
/// removal from one and its arrival at the other are stamped with different seconds, in none.
/// </summary>
internal static class PastSlots
{
    // An engine stamps its log with a time that it has looked at before it moves keys, which may be some time ago where it was busy.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);

    /// <summary>Finds it.</summary>
    /// <param name="document">What the control store says of the cluster.</param>
    /// <param name="at">The second; what was written in it counts.</param>
    /// <returns>The slots, or why there is no answer.</returns>
    public static (SlotMap? Map, string Problem) At(ClusterDocument document, DateTimeOffset at)
    {
        var until = at.AddSeconds(1) + Margin;
        if (document.Scaling is { StartedAt: { } began } && until > began)
        {
            return (null, $"slots have been moving from shard to shard since {began:u}. Take a second before {began.AddSeconds(-3):u}, or wait until that is complete.");
        }

        foreach (var past in document.Past)
        {
            if (until > past.Began && at < past.Ended)
            {
                return (null, $"slots moved from shard to shard from {past.Began:u} to {past.Ended:u}. Take a second before {past.Began.AddSeconds(-3):u}, or one after that.");
            }

            if (past.Began >= until && past.Before.Keys.Except(past.After.Keys).ToImmutableArray() is { IsEmpty: false } gone)
            {
                return (null, $"shard {string.Join(" and ", gone)}, which had a part of the keys then, was removed with its log at {past.Ended:u}. Take a second after that.");
            }
        }

        var later = document.Past.FirstOrDefault(past => past.Began >= until);
        return (SlotMap.Parse(later?.Before ?? document.Shards), "");
    }
}
