using System.Globalization;
using Larder.Engines.Clusters;
using Larder.Model.Clusters;

namespace Larder.Engines.Redis;

/// <summary>
/// What a node must be told so that it is a primary with its claim, from how it sees the cluster. Pure. What its view has of its own slots may be old: a replica has it
/// from its primary by hearsay, and takes over what that had then.
/// </summary>
internal static class ClaimCommands
{
    /// <summary>The commands, to be sent in one go: role and slots in a transaction, and after it what is on its way, since an engine may block for that.</summary>
    /// <param name="view">How the node sees the cluster.</param>
    /// <param name="claim">What it must hold.</param>
    /// <returns>The commands; none where it is as claimed already.</returns>
    public static IReadOnlyList<IReadOnlyList<string>> Of(ClusterView view, ClusterClaim claim)
    {
        var commands = RoleAndSlots(view, claim);
        if (commands.Count > 0)
        {
            commands.Insert(0, ["MULTI"]);
            commands.Add(["EXEC"]);
        }

        commands.AddRange(OnTheirWay(view, claim));
        return commands;
    }

    /// <summary>The commands with which a primary becomes the owner of slots that it is importing.</summary>
    /// <remarks>
    /// With SETSLOT it would tell all others of each slot by itself, with all that it has, and each of them would compare that: with 256 slots and ten nodes all of them stood still
    /// for 20 to 50 ms. So only the last slot is taken in this way, and the others before it.
    /// </remarks>
    /// <param name="slots">The slots.</param>
    /// <param name="nodeId">Its id.</param>
    /// <returns>The commands, to be sent one after the other.</returns>
    public static IReadOnlyList<IReadOnlyList<string>> OfArrived(IReadOnlyList<int> slots, string nodeId)
    {
        var commands = new List<IReadOnlyList<string>>();
        if (slots.Count > 1)
        {
            commands.Add(["MULTI"]);
            AddRanges(commands, "DELSLOTSRANGE", slots.SkipLast(1).Order());
            AddRanges(commands, "ADDSLOTSRANGE", slots.SkipLast(1).Order());
            commands.Add(["CLUSTER", "BUMPEPOCH"]);
            commands.Add(["EXEC"]);
        }

        commands.AddRange(slots.TakeLast(1).Select(slot => new[] { "CLUSTER", "SETSLOT", Text(slot), "NODE", nodeId }));
        return commands;
    }

    private static List<IReadOnlyList<string>> RoleAndSlots(ClusterView view, ClusterClaim claim)
    {
        var me = view.Myself;
        var commands = new List<IReadOnlyList<string>>();
        var has = Set(me.IsReplica ? me.PrimaryId is { } id ? view.Find(id)?.Slots ?? [] : [] : me.Slots);
        var wanted = Set(claim.Slots);
        var missing = wanted.Except(has).Order().ToList();
        var known = Set(view.Members.Where(member => !member.InHandshake).SelectMany(member => member.Slots));

        // What its primary had by then and another shard has now would be taken from that one, with the keys.
        var wrong = me.IsReplica ? has.Except(wanted) : [];
        AddRanges(commands, "DELSLOTSRANGE", missing.Where(known.Contains).Concat(wrong).Order());
        AddRanges(commands, "ADDSLOTSRANGE", missing);
        if (me.IsReplica)
        {
            commands.Add(["CLUSTER", "FAILOVER", "TAKEOVER"]);
        }
        else if (missing.Count > 0)
        {
            commands.Add(["CLUSTER", "BUMPEPOCH"]);
        }

        return commands;
    }

    private static List<IReadOnlyList<string>> OnTheirWay(ClusterView view, ClusterClaim claim)
    {
        var commands = new List<IReadOnlyList<string>>();
        foreach (var slot in claim.Stale(view))
        {
            commands.Add(["CLUSTER", "SETSLOT", Text(slot), "STABLE"]);
        }

        Link(commands, "MIGRATING", claim.Migrating, view.Migrating);
        Link(commands, "IMPORTING", claim.Importing, view.Importing);
        return commands;
    }

    private static void Link(List<IReadOnlyList<string>> commands, string direction, IEnumerable<SlotLink> wanted, IEnumerable<SlotLink> has)
    {
        foreach (var link in wanted.Except(has))
        {
            commands.Add(["CLUSTER", "SETSLOT", Text(link.Slot), direction, link.NodeId]);
        }
    }

    private static void AddRanges(List<IReadOnlyList<string>> commands, string order, IEnumerable<int> slots)
    {
        var ranges = SlotMap.RangesOf(slots);
        if (!ranges.IsEmpty)
        {
            commands.Add(["CLUSTER", order, .. ranges.SelectMany(range => new[] { Text(range.First), Text(range.Last) })]);
        }
    }

    private static HashSet<int> Set(IEnumerable<SlotRange> ranges) => [.. ranges.SelectMany(range => Enumerable.Range(range.First, range.Count))];

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
