using System.Collections.Immutable;
using System.Globalization;
using Larder.Model.Clusters;

namespace Larder.Engines.Clusters;

/// <summary>One node's view of the cluster, from CLUSTER NODES and CLUSTER INFO.</summary>
/// <param name="Members">All nodes that it knows, itself included.</param>
/// <param name="IsOk">Whether it serves: <c>cluster_state:ok</c>.</param>
/// <param name="Migrating">Its own slots on their way to others.</param>
/// <param name="Importing">Slots of others on their way to it.</param>
public sealed record ClusterView(
    ImmutableArray<ClusterMember> Members, bool IsOk, ImmutableArray<SlotLink> Migrating, ImmutableArray<SlotLink> Importing)
{
    private const int FewestFields = 8;

    /// <summary>The node that was asked.</summary>
    public ClusterMember Myself { get; } = Members.Single(member => member.IsMyself);

    /// <summary>What matters in it to others, as text: without the times of its heartbeats.</summary>
    public string Signature { get; } = string.Join('\n', Members
        .OrderBy(member => member.Id, StringComparer.Ordinal)
        .Select(member => $"{member.Id} {member.Address}:{member.Port} {member.PrimaryId} {member.InHandshake} {string.Join(',', member.Slots)}"))
        + $"\n{IsOk} {string.Join(',', Migrating)} {string.Join(',', Importing)}";

    /// <summary>Finds a node.</summary>
    /// <param name="id">Its id.</param>
    /// <returns>The node, or <c>null</c> where it is not known.</returns>
    public ClusterMember? Find(string id) => Members.FirstOrDefault(member => member.Id == id && !member.InHandshake);

    /// <summary>Parses the answers: <c>id address:port@busport,… flags primary ping pong epoch link slots…</c></summary>
    /// <param name="nodes">The answer to CLUSTER NODES.</param>
    /// <param name="info">The answer to CLUSTER INFO.</param>
    /// <returns>The view.</returns>
    /// <exception cref="EngineException">It is not of that form.</exception>
    public static ClusterView Parse(string nodes, string info)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        ArgumentNullException.ThrowIfNull(info);
        var members = ImmutableArray.CreateBuilder<ClusterMember>();
        var migrating = ImmutableArray.CreateBuilder<SlotLink>();
        var importing = ImmutableArray.CreateBuilder<SlotLink>();
        foreach (var line in nodes.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length < FewestFields)
            {
                throw Malformed(line);
            }

            members.Add(Member(line, fields));
            foreach (var field in fields.Skip(FewestFields).Where(field => field[0] == '['))
            {
                Link(line, field, migrating, importing);
            }
        }

        return members.Count(member => member.IsMyself) == 1
            ? new ClusterView(members.ToImmutable(), info.Contains("cluster_state:ok", StringComparison.Ordinal), migrating.ToImmutable(), importing.ToImmutable())
            : throw Malformed(nodes);
    }

    private static ClusterMember Member(string line, string[] fields)
    {
        var address = fields[1].Split('@')[0];
        var colon = address.LastIndexOf(':');
        if (colon < 0 || !int.TryParse(address[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            throw Malformed(line);
        }

        var flags = fields[2].Split(',');
        return new ClusterMember(
            fields[0], address[..colon], port, flags.Contains("myself"), flags.Contains("slave"), fields[3] == "-" ? null : fields[3], flags.Contains("handshake"),
            Slots(line, fields.Skip(FewestFields).Where(field => field[0] != '[')));
    }

    private static ImmutableArray<SlotRange> Slots(string line, IEnumerable<string> fields)
    {
        try
        {
            return SlotMap.Ranges(string.Join(' ', fields));
        }
        catch (FormatException)
        {
            throw Malformed(line);
        }
    }

    // [slot->-id]: on its way to that node; [slot-<-id]: from there.
    private static void Link(string line, string field, ImmutableArray<SlotLink>.Builder migrating, ImmutableArray<SlotLink>.Builder importing)
    {
        var (mark, links) = field.Contains("->-", StringComparison.Ordinal) ? ("->-", migrating) : ("-<-", importing);
        var at = field.IndexOf(mark, StringComparison.Ordinal);
        if (at < 0 || !int.TryParse(field[1..at], NumberStyles.None, CultureInfo.InvariantCulture, out var slot))
        {
            throw Malformed(line);
        }

        links.Add(new SlotLink(slot, field[(at + mark.Length)..^1]));
    }

    private static EngineException Malformed(string line) =>
        new(EngineFailure.ProtocolViolation, $"A node described its cluster in a form that is not known: '{line}'.");
}
