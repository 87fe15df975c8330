using System.Buffers;
using System.Globalization;
using System.Text;
using Larder.Gateway.Clusters;
using Larder.Gateway.Commands;
using Larder.Gateway.Routing;
using Larder.Model.Clusters;
using Larder.Resp;

namespace Larder.Gateway.Lanes;

/// <content>Sends the commands of a client that knows nothing of shards to the shards of their keys, and puts the replies in the order of the commands.</content>
/// <remarks>
/// <code>
///   client --GET a, MGET b c, GET d--&gt; row: [GET a][MGET b c: 2 parts][GET d]
///                                             |       |        |        |
///                                  shard 0 lane   shard 1  shard 0   shard 1      replies come in any order;
///                                             v       v        v        v         the row gives them out from its front
/// </code>
/// A shard that sends a command elsewhere (MOVED, ASK) does so to the gateway: the command is given there, and the client does not know.
/// </remarks>
internal sealed partial class SharedSession
{
    private readonly Queue<Ticket> _row = new();

    /// <summary>Takes the reply of a shard, or follows it where the shard sends the command elsewhere.</summary>
    /// <param name="part">Which reply it is.</param>
    /// <param name="reply">The reply, whole.</param>
    public void Deliver(TicketPart part, byte[] reply)
    {
        if (IsDropped)
        {
            return;
        }

        if (cache.Cluster?.ReadRedirection(reply) is { } redirection && part.MayRedirect)
        {
            var lane = LaneOf(redirection.Shard);
            if (redirection.Asks)
            {
                lane.Give(this, "*1\r\n$6\r\nASKING\r\n"u8, KnownCommand.Asking, new TicketPart(null, 0, [], KnownCommand.Asking));
            }

            lane.Give(this, part.Command, part.Shared, part);
            session.Counters.Repeated(1);
            return;
        }

        part.Take(Redirects.Translate(reply).ToArray());
        while (_row.TryPeek(out var first) && first.IsDone)
        {
            _row.Dequeue();
            foreach (var piece in first.Reply)
            {
                Append(piece.Span);
            }

            NoteAnswered();
        }
    }

    /// <summary>Gives a command to the shard of its keys, or to several.</summary>
    private bool TakeRouted(in CommandView view, KnownCommand shared, ClusterView cluster)
    {
        var keys = CommandKeys.Find(view, shared);
        if (keys.Count == 0)
        {
            return TakeWithoutKeys(view, shared, cluster);
        }

        if (keys.Count == 1 && view.TryGet(keys[0], out var only))
        {
            SendToSlot(KeySlot.Of(only), view.Bytes.ToArray(), shared, NewTicket(1, null), 0, cluster);
            return true;
        }

        if (view.TryReadAll() is not { } arguments)
        {
            return false;
        }

        var slots = keys.ConvertAll(key => KeySlot.Of(arguments[key]));
        if (slots.TrueForAll(slot => slot == slots[0]))
        {
            SendToSlot(slots[0], view.Bytes.ToArray(), shared, NewTicket(1, null), 0, cluster);
            return true;
        }

        if (!Scatter.IsSplittable(shared.Name) || !HasWholeGroups(arguments, keys, shared))
        {
            Answer(Replies.CrossSlot.ToArray());
            return true;
        }

        var parts = Scatter.Split(arguments, keys);
        var ticket = NewTicket(parts.Count, Scatter.MergeOf(shared.Name, parts.ConvertAll(part => part.Places)));
        for (var index = 0; index < parts.Count; index++)
        {
            SendToSlot(parts[index].Slot, parts[index].Command, shared, ticket, index, cluster);
        }

        return true;
    }

    private bool TakeWithoutKeys(in CommandView view, KnownCommand shared, ClusterView cluster)
    {
        var shards = cluster.Shards;
        if (shared.Name == "scan" && view.TryGet(1, out var text) && Scatter.ReadCursor(text, shards.Length) is { } cursor && view.TryReadAll() is { } arguments)
        {
            arguments[1] = Encoding.ASCII.GetBytes(cursor.Cursor.ToString(CultureInfo.InvariantCulture));
            var command = new ArrayBufferWriter<byte>();
            RespWriter.WriteCommandHeader(command, arguments.Length);
            Array.ForEach(arguments, argument => RespWriter.WriteBulk(command, argument));
            var place = NewTicket(1, replies => [Scatter.WriteCursor(replies[0], cursor.Shard, shards.Length)]);
            SendToShard(shards[cursor.Shard], command.WrittenSpan.ToArray(), shared, place, 0);
            return true;
        }

        if (Scatter.MergeOf(shared.Name, view.Subcommand) is not { } merge || shards.IsEmpty)
        {
            SendToShard(session.Shard ?? shards.FirstOrDefault(), view.Bytes.ToArray(), shared, NewTicket(1, null), 0);
            return true;
        }

        var ticket = NewTicket(shards.Length, merge);
        for (var index = 0; index < shards.Length; index++)
        {
            SendToShard(shards[index], view.Bytes.ToArray(), shared, ticket, index);
        }

        return true;
    }

    /// <summary>A command that is one argument short is for an engine to refuse.</summary>
    private static bool HasWholeGroups(byte[][] arguments, List<int> keys, KnownCommand shared) =>
        arguments.Length == keys[^1] + Math.Max(1, shared.KeyStep);

    private Ticket NewTicket(int parts, ReplyMerge? merge)
    {
        var ticket = new Ticket(parts, merge);
        _outstanding++;
        _row.Enqueue(ticket);
        return ticket;
    }

    private void SendToSlot(int slot, byte[] command, KnownCommand shared, Ticket ticket, int index, ClusterView cluster) =>
        SendToShard(cluster.ShardOfSlot(slot) ?? session.Shard ?? 0, command, shared, ticket, index);

    private void SendToShard(int shard, byte[] command, KnownCommand shared, Ticket ticket, int index)
    {
        session.Shard = shard;
        _lane = LaneOf(shard);
        _lane.Give(this, command, shared, new TicketPart(ticket, index, command, shared));
    }

    private Lane LaneOf(int shard) =>
        cache.LaneOf(_connection.Loop, settings.Protocol, session.Grant.User, new EngineAim(null, shard), services);
}
