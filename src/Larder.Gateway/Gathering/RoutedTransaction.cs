using System.Buffers;
using Larder.Gateway.Clients;
using Larder.Gateway.Commands;
using Larder.Gateway.Relay;

namespace Larder.Gateway.Gathering;

/// <summary>
/// A transaction of a client that knows nothing of shards. Where its slot moves while it is open, its engine refuses commands that it was to queue, or EXEC itself: then
/// nothing of it was executed, the client is told of no refusal, and the whole is given to the right shard when EXEC has come. Request and reply side take turns: nothing is
/// sent behind EXEC before its reply.
/// </summary>
/// <remarks>
/// <code>
///   client:   MULTI     SET a 1     INCR b         EXEC
///   shard 0:  +OK       +QUEUED     -ASK …         -EXECABORT
///   client:   +OK       +QUEUED     +QUEUED                     [+OK, :1]
///   shard 1:                                       ASKING MULTI SET INCR EXEC
/// </code>
/// </remarks>
internal sealed class RoutedTransaction : IReplyEditor
{
    private byte[]? _commands;
    private int _count;
    private bool _watched;
    private bool _queueRefused;

    /// <summary>Makes one, when MULTI has come.</summary>
    public RoutedTransaction() => Queued = new QueuedEditor(this);

    /// <summary>Looks at the replies to the commands that are to be queued.</summary>
    public IReplyEditor Queued { get; }

    /// <summary>After EXEC was answered: whether the engine has executed nothing because the slot is elsewhere, and the client has no reply yet.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>EXEC has come.</summary>
    /// <param name="state">Has the commands.</param>
    public void Close(CarriedState state)
    {
        _watched = state.Watching;
        if (state.IsCarryable)
        {
            var commands = new ArrayBufferWriter<byte>();
            state.WriteTransaction(commands, state.TransactionCommands);
            commands.Write("*1\r\n$4\r\nEXEC\r\n"u8);
            (_commands, _count) = (commands.WrittenSpan.ToArray(), state.TransactionCommands);
        }
    }

    /// <summary>What is given to the right shard.</summary>
    /// <param name="protocol">2 or 3.</param>
    /// <param name="reply">Where nothing can be: the client's reply.</param>
    /// <returns>The commands, EXEC last; <c>null</c> where they were not kept, or keys were watched, of which nobody knows whether they have changed.</returns>
    public GatherPart? TryRepeat(int protocol, out byte[] reply)
    {
        reply = _watched ? Replies.Null(protocol) : Replies.TransactionMoved.ToArray();
        return _watched || _commands is null ? null : new GatherPart([new ReadOnlySequence<byte>(_commands)], null) { Lead = _count };
    }

    /// <inheritdoc/>
    public byte[] Edit(ReadOnlySpan<byte> reply)
    {
        IsRefused = IsRefusal(reply) || (_queueRefused && reply.StartsWith("-EXECABORT"u8));
        return IsRefused ? [] : reply.ToArray();
    }

    /// <summary>Whether an engine says that a command is to be executed elsewhere, or later.</summary>
    /// <param name="reply">The reply.</param>
    public static bool IsRefusal(ReadOnlySpan<byte> reply) =>
        reply.StartsWith("-MOVED "u8) || reply.StartsWith("-ASK "u8) || reply.StartsWith("-TRYAGAIN "u8) || reply.StartsWith("-CLUSTERDOWN "u8);

    private sealed class QueuedEditor(RoutedTransaction transaction) : IReplyEditor
    {
        public byte[] Edit(ReadOnlySpan<byte> reply)
        {
            if (!IsRefusal(reply))
            {
                return reply.ToArray();
            }

            transaction._queueRefused = true;
            return Replies.Queued.ToArray();
        }
    }
}
