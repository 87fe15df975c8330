using System.Collections.Immutable;

namespace Larder.Controller.Recovery;

/// <summary>
/// How a shard starts of which no process is left. Copies that do not pass their check are put aside where a good one is left, and the election decides
/// among the nodes by what is recorded of their generations; where none is good and one is damaged, nothing starts, so that no empty node takes the place
/// of what may still be mended. A copy that cannot be got at is left alone: its node is not started until it can, and the election waits for it. Pure.
/// </summary>
/// <param name="MayStart">Whether the nodes may be started and elected.</param>
/// <param name="SetAside">The nodes whose damaged copy is put aside.</param>
/// <param name="AllLost">Whether no node has any data.</param>
/// <param name="Reason">Why, in one sentence.</param>
internal sealed record ColdStart(bool MayStart, ImmutableArray<int> SetAside, bool AllLost, string Reason)
{
    /// <summary>Decides.</summary>
    /// <param name="copies">The copies of all nodes.</param>
    /// <returns>The decision.</returns>
    public static ColdStart Decide(IReadOnlyList<CopyFacts> copies)
    {
        var good = copies.Where(copy => copy.State == CopyState.Good).Select(copy => copy.Ordinal).ToList();
        var damaged = copies.Where(copy => copy.State == CopyState.Damaged).ToList();
        var unreachable = copies.Where(copy => copy.State == CopyState.Unreachable).Select(copy => copy.Problem).ToList();
        if (good.Count == 0 && damaged.Count == 0)
        {
            return unreachable.Count > 0
                ? new ColdStart(MayStart: true, [], AllLost: false, $"no other node has data than what cannot be got at now: {string.Join("; ", unreachable)}")
                : new ColdStart(MayStart: true, [], AllLost: true, "no node has data on disk");
        }

        return good.Count > 0
            ? new ColdStart(MayStart: true, [.. damaged.Select(copy => copy.Ordinal)], AllLost: false, $"the copy of node {string.Join(" and of node ", good)} passes its check")
            : new ColdStart(
                MayStart: false, [], AllLost: false,
                $"no copy passes its check, and nothing is started so that nothing is lost: {string.Join("; ", damaged.Select(copy => copy.Problem).Concat(unreachable))}. "
                + "Restore a backup (larder restore NAME --replace), or mend the files");
    }
}
