using System.Buffers;
using Larder.Gateway.Clusters;
using Larder.Gateway.Commands;
using Larder.Gateway.Gathering;
using Larder.Gateway.Sessions;
using Larder.Resp.Requests;

namespace Larder.Gateway.Relay;

/// <content>Carries out commands for several shards of a clustered cache, beside the engine connection, for a client that knows nothing of shards.</content>
internal sealed partial class Relay
{
    private const int WriteBytes = 64 * 1024;

    private readonly Lock _gatherGate = new();
    private Gatherer? _gatherer;

    /// <summary>Whether a command is under way beside the engine connection.</summary>
    public bool IsGathering => Volatile.Read(ref _gatherer) is { IsBusy: true };

    /// <summary>Takes the next command whole, has it carried out and gives the client its reply. Nothing else is under way.</summary>
    /// <returns>How the session ended, where it did.</returns>
    private async Task<RelayEnd?> GatherAsync(GatherOrder order)
    {
        using var command = new CollectedCommand(session.Services.GatherAllowance);
        var status = await CollectAsync(command);
        if (status == RespRequestStatus.NeedMoreData)
        {
            return await EndRequestsAsync(); // The client has left: an engine does not execute half a command either.
        }

        if (status == RespRequestStatus.Invalid)
        {
            session.Counters.ProtocolError();
            session.NoteReason(CloseReason.ProtocolError);
            return await GiveAsync([Replies.ProtocolError(scanner.Error)]) ? RelayEnd.Over : RelayEnd.Broken;
        }

        if (cache.Cluster is not { } cluster || command.IsRefused)
        {
            return await GiveUnlessAsync(order.IsSilent, [Replies.GatheredTooLarge.ToArray()]);
        }

        return await CarryOutAsync(() => GatherPlan.Make(command, order.Known, cluster, order.Shard), order.Known) is { } reply
            ? await GiveUnlessAsync(order.IsSilent, reply)
            : RelayEnd.Over;
    }

    /// <summary>Carries out a plan.</summary>
    /// <returns>The reply; <c>null</c> where the session is to be closed.</returns>
    private async Task<IEnumerable<ReadOnlyMemory<byte>>?> CarryOutAsync(Func<GatherPlan> plan, KnownCommand known)
    {
        using var gatherer = new Gatherer(session, cache, _settings);
        lock (_gatherGate)
        {
            _gatherer = gatherer;
        }

        try
        {
            return session.IsClosing ? null : await gatherer.RunAsync(plan(), known);
        }
        finally
        {
            lock (_gatherGate)
            {
                _gatherer = null;
            }
        }
    }

    /// <summary>EXEC is answered; a transaction that its engine has refused because of its slot is given to the right shard.</summary>
    /// <returns>False where the session is to be closed.</returns>
    private async Task<bool> EndTransactionAsync(RoutedTransaction transaction)
    {
        if (!transaction.IsRefused)
        {
            return true;
        }

        if (transaction.TryRepeat(_settings.Protocol, out var answer) is not { } part || cache.Effects.Find("EXEC"u8) is not { } known)
        {
            return await GiveAsync([answer]);
        }

        return await CarryOutAsync(() => new GatherPlan([part], ReplyMerges.First), known) is { } reply && await GiveAsync(reply);
    }

    /// <summary>Takes a command as it arrives.</summary>
    /// <returns><see cref="RespRequestStatus.Command"/> when it is whole, <see cref="RespRequestStatus.NeedMoreData"/> where the client has left before.</returns>
    private async Task<RespRequestStatus> CollectAsync(CollectedCommand command)
    {
        while (true)
        {
            var status = client.Unread.IsEmpty ? RespRequestStatus.NeedMoreData : scanner.Scan(client.Unread);
            switch (status)
            {
                case RespRequestStatus.Command:
                    Take(scanner.Length);
                    scanner.Next();
                    return status;
                case RespRequestStatus.InlineCommand:
                    var encoded = new ArrayBufferWriter<byte>();
                    InlineCommand.TryEncode(client.Unread[..scanner.Length], encoded);
                    command.Append(encoded.WrittenSpan);
                    client.Consume(scanner.Length);
                    scanner.Next();
                    return RespRequestStatus.Command;
                case RespRequestStatus.NeedMoreData:
                    var length = (int)Math.Min(scanner.Passable, client.Unread.Length);
                    scanner.Passed(length);
                    Take(length);
                    if (await client.ReadAsync() == 0)
                    {
                        return status;
                    }

                    session.NoteActivity();
                    break;
                default:
                    client.Discard();
                    return status;
            }
        }

        void Take(int length)
        {
            command.Append(client.Unread[..length]);
            client.Consume(length);
        }
    }

    private async Task<RelayEnd?> GiveUnlessAsync(bool isSilent, IEnumerable<ReadOnlyMemory<byte>> reply) =>
        isSilent || await GiveAsync(reply) ? null : RelayEnd.Over;

    /// <summary>Gives the client a reply of its own between two messages.</summary>
    /// <returns>False where the session is to be closed.</returns>
    private async Task<bool> GiveAsync(IEnumerable<ReadOnlyMemory<byte>> reply)
    {
        await _outlet.EnterAsync();
        while (_leg.Pump.IsInsideReply)
        {
            _outlet.Leave(); // Half a message is with the client; its rest comes first.
            if (session.IsClosing)
            {
                return false;
            }

            await cache.PulseAsync();
            await _outlet.EnterAsync();
        }

        try
        {
            var buffer = new ArrayBufferWriter<byte>();
            foreach (var piece in reply)
            {
                if (buffer.WrittenCount > 0 && buffer.WrittenCount + piece.Length > WriteBytes)
                {
                    await client.WriteAsync(buffer.WrittenMemory);
                    buffer.ResetWrittenCount();
                }

                if (piece.Length > WriteBytes)
                {
                    await client.WriteAsync(piece);
                }
                else
                {
                    buffer.Write(piece.Span);
                }
            }

            if (buffer.WrittenCount > 0)
            {
                await client.WriteAsync(buffer.WrittenMemory);
            }

            session.NoteActivity();
            await _outlet.DeliverAsync();
            return true;
        }
        finally
        {
            _outlet.Leave();
        }
    }
}
