using System.Globalization;
using System.Text;
using Larder.Resp;
using Larder.Resp.Replies;

namespace Larder.Gateway.Clusters;

/// <summary>Makes one reply of those of several shards, none of which is an error unless it is said otherwise.</summary>
/// <param name="replies">The replies in the order of the parts, each whole.</param>
/// <returns>The reply in pieces, which lie in those that were given as far as they can.</returns>
internal delegate IEnumerable<ReadOnlyMemory<byte>> ReplyMerge(byte[][] replies);

/// <summary>How the replies of several shards become one.</summary>
internal static class ReplyMerges
{
    /// <summary>All say the same: the first speaks for all.</summary>
    public static ReplyMerge First { get; } = static replies => [replies[0]];

    /// <summary>Numbers, added up.</summary>
    public static ReplyMerge Sum { get; } = static replies => [Number(replies.Sum(NumberOf))];

    /// <summary>Lists, one behind the other.</summary>
    public static ReplyMerge Lists { get; } = MergeLists;

    /// <summary>Lists of short names, each name once.</summary>
    public static ReplyMerge Names { get; } = static replies => [new RespTree((byte)'*', null, [.. Trees(replies).SelectMany(tree => tree.Items ?? []).DistinctBy(item => item.Text)]).Write()];

    /// <summary>Lists of as many numbers each: of each place, the smallest.</summary>
    public static ReplyMerge Least { get; } = static replies => [ByPlace(replies, static numbers => numbers.Min())];

    /// <summary>Lists of names with a number behind each: of each name, the sum.</summary>
    public static ReplyMerge Counts { get; } = static replies => [ByPlace(replies, static numbers => numbers.Sum())];

    /// <summary>One that has done it is enough; errors are among the replies.</summary>
    public static ReplyMerge Any { get; } = static replies =>
        [Array.Find(replies, reply => reply[0] != (byte)'-') ?? Array.Find(replies, reply => !reply.AsSpan().StartsWith("-NOTBUSY"u8)) ?? replies[0]];

    /// <summary>Lists of values, whose places among all keys are known.</summary>
    /// <param name="places">For each part, the places of its keys.</param>
    public static ReplyMerge Values(IReadOnlyList<List<int>> places) => replies =>
    {
        var values = new ReadOnlyMemory<byte>[places.Sum(part => part.Count)];
        for (var part = 0; part < replies.Length; part++)
        {
            var position = replies[part].AsSpan().IndexOf((byte)'\n') + 1;
            foreach (var place in places[part])
            {
                if (!RespFrame.TryMeasure(replies[part].AsSpan(position), out var length))
                {
                    return [replies[part]]; // Not what MGET answers: better what the engine says than something made of it.
                }

                values[place] = replies[part].AsMemory(position, length);
                position += length;
            }
        }

        return values.Prepend(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"*{values.Length}\r\n")));
    };

    /// <summary>Makes the reply.</summary>
    /// <param name="merge">How; <c>null</c> for <see cref="First"/>.</param>
    /// <param name="replies">The replies in the order of the parts. The first error among them is the reply, except for <see cref="Any"/>.</param>
    public static IEnumerable<ReadOnlyMemory<byte>> Apply(ReplyMerge? merge, byte[][] replies) =>
        merge is not null && merge != Any && Array.Find(replies, reply => reply[0] == (byte)'-') is { } error ? [error] : (merge ?? First)(replies);

    private static IEnumerable<ReadOnlyMemory<byte>> MergeLists(byte[][] replies)
    {
        var starts = Array.ConvertAll(replies, reply => reply.AsSpan().IndexOf((byte)'\n') + 1);
        var count = replies.Select((reply, index) => NumberOf(reply[..starts[index]])).Sum();
        yield return Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"*{count}\r\n"));
        for (var index = 0; index < replies.Length; index++)
        {
            yield return replies[index].AsMemory(starts[index]);
        }
    }

    /// <summary>What is no number stays as the first one has it.</summary>
    private static byte[] ByPlace(byte[][] replies, Func<IEnumerable<long>, long> combine)
    {
        var trees = Trees(replies).ToList();
        var first = trees[0];
        if (first.Items is not { } items || trees.Exists(tree => tree.Items?.Count != items.Count))
        {
            return replies[0];
        }

        return new RespTree(first.Type, null, [.. items.Select((item, place) => item.Type != (byte)':' ? item : item with
        {
            Text = combine(trees.Select(tree => long.Parse(tree.Items![place].Text!, CultureInfo.InvariantCulture))).ToString(CultureInfo.InvariantCulture),
        })]).Write();
    }

    private static IEnumerable<RespTree> Trees(byte[][] replies) => replies.Select(reply => RespTree.Read(reply)).OfType<RespTree>();

    private static long NumberOf(byte[] line) => RespInteger.TryParse(line.AsSpan(1, line.Length - 3), out var number) ? number : 0;

    private static byte[] Number(long number) => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $":{number}\r\n"));
}
