using System.Globalization;

namespace Larder.Engines.Garnet;

/// <summary>A Garnet node's view of the topology, from CLUSTER NODES.</summary>
/// <param name="Members">All nodes that it knows, itself included.</param>
internal sealed record GarnetTopology(IReadOnlyList<GarnetMember> Members)
{
    private const string AllSlots = "0-16383";
    private const int FieldsBeforeSlots = 8;

    /// <summary>The node that was asked.</summary>
    public GarnetMember Myself => Members.Single(member => member.IsMyself);

    /// <summary>The nodes besides it.</summary>
    public IEnumerable<GarnetMember> Others => Members.Where(member => !member.IsMyself);

    /// <summary>The other nodes that it knows at an address.</summary>
    /// <param name="address">The address.</param>
    /// <returns>The nodes: several, where one was started again.</returns>
    public IEnumerable<GarnetMember> OthersAt(ReplicationTarget address) => Others.Where(member => member.Address == address);

    /// <summary>Finds a node by its identity.</summary>
    /// <param name="id">The identity, or <c>null</c>.</param>
    /// <returns>The node, or <c>null</c> if it is not known.</returns>
    public GarnetMember? Find(string? id) => Members.FirstOrDefault(member => member.Id == id);

    /// <summary>Parses the answer to CLUSTER NODES: <c>id address:port@busport,host flags primary ping pong epoch state slot…</c>.</summary>
    /// <param name="text">The answer.</param>
    /// <returns>The topology.</returns>
    /// <exception cref="EngineException">It is not of that form.</exception>
    public static GarnetTopology Parse(string text)
    {
        var members = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Member).ToList();
        return members.Count(member => member.IsMyself) == 1
            ? new GarnetTopology(members)
            : throw Malformed(text);
    }

    private static GarnetMember Member(string line)
    {
        var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length < FieldsBeforeSlots)
        {
            throw Malformed(line);
        }

        var address = fields[1].Split('@')[0];
        var colon = address.LastIndexOf(':');
        if (colon < 0 || !int.TryParse(address[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            throw Malformed(line);
        }

        var slots = fields[FieldsBeforeSlots..].Where(slot => !slot.StartsWith('[')).ToArray();
        return new GarnetMember(
            fields[0],
            new ReplicationTarget(address[..colon], port),
            fields[2].Split(',').Contains("myself"),
            fields[3] == "-" ? null : fields[3],
            slots.Length > 0,
            slots is [AllSlots]);
    }

    private static EngineException Malformed(string line) =>
        new(EngineFailure.ProtocolViolation, $"A Garnet node described its topology in a form that is not known: '{line}'.");
}
