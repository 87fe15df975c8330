using System.Collections.Immutable;
using System.Globalization;

namespace Larder.Controller.Recovery;

/// <summary>
/// How a shard starts of which no process is left: from the most advanced copy that passes its check. Only that node is started at first, so that
/// nobody syncs from an emptier one; the others follow it once it is the primary. Pure.
/// </summary>
/// <param name="Ordinals">The nodes that may be started and elected; empty where none may.</param>
/// <param name="SetAside">The nodes whose damaged copy is put aside, since a good one is there.</param>
/// <param name="AllLost">Whether no node has any data.</param>
/// <param name="Reason">Why, in one sentence.</param>
internal sealed record ColdStart(ImmutableArray<int> Ordinals, ImmutableArray<int> SetAside, bool AllLost, string Reason)
{
    /// <summary>Copies of one moment differ by less than this: then the last primary's counts.</summary>
    private static readonly TimeSpan Alike = TimeSpan.FromSeconds(2);

    /// <summary>Decides.</summary>
    /// <param name="copies">The copies of all nodes.</param>
    /// <param name="lastPrimary">The node that was elected last, or <c>null</c>.</param>
    /// <returns>The decision.</returns>
    public static ColdStart Decide(IReadOnlyList<CopyFacts> copies, int? lastPrimary)
    {
        var good = copies.Where(copy => copy.State == CopyState.Good).ToList();
        var damaged = copies.Where(copy => copy.State == CopyState.Damaged).ToList();
        if (good.Count == 0)
        {
            return damaged.Count == 0
                ? new ColdStart([.. copies.Select(copy => copy.Ordinal)], [], AllLost: true, "no node has data on disk")
                : new ColdStart(
                    [], [], AllLost: false,
                    $"no copy passes its check, and nothing is started so that nothing is lost: {string.Join("; ", damaged.Select(copy => copy.Problem))}. "
                    + "Restore a backup (larder restore NAME --replace), or mend the files");
        }

        var newest = good.Max(copy => copy.UpTo ?? DateTimeOffset.MinValue);
        var best = good
            .Where(copy => newest - (copy.UpTo ?? DateTimeOffset.MinValue) < Alike)
            .OrderByDescending(copy => copy.Ordinal == lastPrimary)
            .ThenByDescending(copy => copy.UpTo)
            .ThenBy(copy => copy.Ordinal)
            .First();
        return new ColdStart(
            [best.Ordinal], [.. damaged.Select(copy => copy.Ordinal)], AllLost: false,
            string.Create(CultureInfo.InvariantCulture, $"node {best.Ordinal} has the most advanced copy that passes its check, of {best.UpTo:u}"));
    }
}
