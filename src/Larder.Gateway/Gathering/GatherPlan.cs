using System.Buffers;
using System.Globalization;
using System.Text;
using Larder.Gateway.Clusters;
using Larder.Gateway.Commands;
using Larder.Gateway.Routing;
using Larder.Model.Clusters;

namespace Larder.Gateway.Gathering;

/// <summary>What becomes of one command for several shards: its parts, and how their replies become one. Pure.</summary>
/// <param name="Parts">The parts.</param>
/// <param name="Merge">How the replies become one.</param>
internal sealed record GatherPlan(IReadOnlyList<GatherPart> Parts, ReplyMerge Merge)
{
    /// <summary>Makes a plan.</summary>
    /// <param name="command">The command, whole; its bytes are used until the parts are done.</param>
    /// <param name="known">Which it is.</param>
    /// <param name="cluster">The shards.</param>
    /// <param name="shard">Of a command for one shard alone: which.</param>
    public static GatherPlan Make(CollectedCommand command, KnownCommand known, ClusterView cluster, int? shard)
    {
        var shards = cluster.Shards;
        if (shard is { } only)
        {
            return new GatherPlan([new GatherPart([command.Bytes()], null, new EngineAim(null, only))], ReplyMerges.First);
        }

        var arguments = command.Read();
        if (known.Name == "scan" && Scatter.ReadCursor(arguments[1].Value.ToArray(), shards.Length) is { } cursor)
        {
            return new GatherPlan(
                [new GatherPart(WithCursor(arguments, cursor.Cursor), null, new EngineAim(null, shards[cursor.Shard]))],
                replies => [Scatter.WriteCursor(replies[0], cursor.Shard, shards.Length)]);
        }

        if (Scatter.MergeOf(known.Name, arguments.Length > 1 ? arguments[1].Value.ToArray() : []) is { } merge)
        {
            var all = known.Name is "script" or "function" ? cluster.AllShards : shards;
            return new GatherPlan([.. all.Select(one => new GatherPart([command.Bytes()], null, new EngineAim(null, one)))], merge);
        }

        var keys = CommandKeys.FindFixed(arguments.Length, known);
        var bySlot = Split(arguments, keys);
        return new GatherPlan([.. bySlot.Select(slot => slot.Part)], Scatter.MergeOf(known.Name, bySlot.ConvertAll(slot => slot.Places)));
    }

    private static List<ReadOnlySequence<byte>> WithCursor(CollectedArgument[] arguments, ulong cursor)
    {
        var text = cursor.ToString(CultureInfo.InvariantCulture);
        return
        [
            Text($"*{arguments.Length}\r\n"),
            arguments[0].Encoded,
            Text($"${text.Length}\r\n{text}\r\n"),
            .. arguments.Skip(2).Select(argument => argument.Encoded),
        ];
    }

    /// <summary>One command for each slot, in the order in which the slots come first.</summary>
    private static List<(GatherPart Part, List<int> Places)> Split(CollectedArgument[] arguments, List<int> keys)
    {
        var step = keys.Count > 1 ? keys[1] - keys[0] : 1;
        var slots = new Dictionary<int, List<int>>();
        for (var place = 0; place < keys.Count; place++)
        {
            var slot = SlotOf(arguments[keys[place]].Value);
            if (!slots.TryGetValue(slot, out var places))
            {
                slots.Add(slot, places = []);
            }

            places.Add(place);
        }

        return [.. slots.Select(slot => (new GatherPart(
            [
                Text($"*{1 + (slot.Value.Count * step)}\r\n"),
                arguments[0].Encoded,
                .. slot.Value.SelectMany(place => Enumerable.Range(keys[place], step)).Select(index => arguments[index].Encoded),
            ], slot.Key), slot.Value))];
    }

    private static int SlotOf(ReadOnlySequence<byte> key) => KeySlot.Of(key.IsSingleSegment ? key.FirstSpan : key.ToArray());

    private static ReadOnlySequence<byte> Text(string text) => new(Encoding.ASCII.GetBytes(text));
}
