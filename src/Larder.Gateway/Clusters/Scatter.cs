using System.Buffers;
using System.Globalization;
using System.Text;
using Larder.Model.Clusters;
using Larder.Resp;

namespace Larder.Gateway.Clusters;

/// <summary>Commands that go to several shards, for clients that know nothing of shards, and what is made of their replies.</summary>
internal static class Scatter
{
    /// <summary>So many shards a cursor of SCAN can tell apart.</summary>
    private const int CursorShards = 16;

    /// <summary>Whether a command with keys of several slots can be taken apart.</summary>
    /// <param name="name">Its name, in lower case.</param>
    public static bool IsSplittable(string name) => name is "mget" or "mset" or "del" or "unlink" or "exists" or "touch";

    /// <summary>Whether a command without keys is for all shards.</summary>
    /// <param name="name">Its name, in lower case.</param>
    /// <param name="subcommand">Its second word, in any case.</param>
    public static bool IsForAll(string name, ReadOnlySpan<byte> subcommand) => MergeOf(name, subcommand) is not null;

    /// <summary>Takes a command apart: one for each slot.</summary>
    /// <param name="arguments">The arguments, the name first.</param>
    /// <param name="keys">The indexes of its keys; each takes what is up to the next one with it.</param>
    /// <returns>For each slot its command, and the places of its keys among all keys.</returns>
    public static List<(int Slot, byte[] Command, List<int> Places)> Split(byte[][] arguments, List<int> keys)
    {
        var step = keys.Count > 1 ? keys[1] - keys[0] : 1;
        return [.. keys.Select((index, place) => (Index: index, Place: place, Slot: KeySlot.Of(arguments[index])))
            .GroupBy(key => key.Slot)
            .Select(slot =>
            {
                var command = new ArrayBufferWriter<byte>();
                RespWriter.WriteCommandHeader(command, 1 + (slot.Count() * step));
                RespWriter.WriteBulk(command, arguments[0]);
                foreach (var argument in slot.SelectMany(key => arguments.Skip(key.Index).Take(step)))
                {
                    RespWriter.WriteBulk(command, argument);
                }

                return (slot.Key, command.WrittenSpan.ToArray(), slot.Select(key => key.Place).ToList());
            })];
    }

    /// <summary>How the replies to a command that was taken apart become one.</summary>
    /// <param name="name">The command, in lower case.</param>
    /// <param name="places">For each part, the places of its keys.</param>
    public static ReplyMerge MergeOf(string name, IReadOnlyList<List<int>> places) => name switch
    {
        "mget" => ReplyMerges.Values(places),
        "mset" => ReplyMerges.First,
        _ => ReplyMerges.Sum,
    };

    /// <summary>How the replies of all shards to a command without keys become one.</summary>
    /// <param name="name">The command, in lower case.</param>
    /// <param name="subcommand">Its second word, in any case.</param>
    /// <returns><c>null</c> where the command is for one shard.</returns>
    public static ReplyMerge? MergeOf(string name, ReadOnlySpan<byte> subcommand) => name switch
    {
        "dbsize" => ReplyMerges.Sum,
        "flushall" or "flushdb" => ReplyMerges.First,
        "keys" => ReplyMerges.Lists,
        "script" or "function" or "pubsub" => MergeOfContainer(name, Encoding.Latin1.GetString(subcommand).ToLowerInvariant()),
        _ => null,
    };

    private static ReplyMerge? MergeOfContainer(string name, string subcommand) => (name, subcommand) switch
    {
        ("script", "load" or "flush") or ("function", "load" or "delete" or "flush" or "restore") => ReplyMerges.First,
        ("script", "exists") => ReplyMerges.Least,
        ("script" or "function", "kill") => ReplyMerges.Any,
        ("pubsub", "channels" or "shardchannels") => ReplyMerges.Names,
        ("pubsub", "numsub" or "shardnumsub") => ReplyMerges.Counts,
        ("pubsub", "numpat") => ReplyMerges.Sum,
        _ => null,
    };

    /// <summary>Where a SCAN goes on: the cursor has the shard in it.</summary>
    /// <param name="cursor">What the client gave.</param>
    /// <param name="shards">How many shards have slots.</param>
    /// <returns>The shard's index and its own cursor; <c>null</c> where the cursor is none.</returns>
    public static (int Shard, ulong Cursor)? ReadCursor(ReadOnlySpan<byte> cursor, int shards) =>
        ulong.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && (int)(value % CursorShards) < shards
            ? ((int)(value % CursorShards), value / CursorShards)
            : null;

    /// <summary>Gives a SCAN's reply a cursor that leads on to the next shard.</summary>
    /// <param name="reply">The shard's reply.</param>
    /// <param name="shard">The shard's index.</param>
    /// <param name="shards">How many shards have slots.</param>
    public static byte[] WriteCursor(byte[] reply, int shard, int shards)
    {
        if (RespTree.Read(reply) is not { Items: [{ Text: { } text } cursor, _] items } tree || !ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var own))
        {
            return reply;
        }

        var next = own > 0 ? (own * CursorShards) + (ulong)shard : shard + 1 < shards ? (ulong)(shard + 1) : 0;
        items[0] = cursor with { Text = next.ToString(CultureInfo.InvariantCulture) };
        return tree.Write();
    }
}
