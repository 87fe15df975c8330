using System.Buffers;
using Larder.Resp.Requests;

namespace Larder.Gateway.Relay;

/// <summary>
/// What a client did to its connection beyond settings, as far as it must be known to give it another engine connection: an open transaction,
/// watched keys, subscriptions. Changed by the request side while a batch is being sent; read by whoever moves the session while none is.
/// </summary>
internal sealed class CarriedState
{
    /// <summary>A longer transaction is not kept: the session then stays with its engine connection.</summary>
    private const int MaxTransactionBytes = 64 * 1024;

    private ArrayBufferWriter<byte>? _transaction;

    /// <summary>Whether MULTI was given and neither EXEC nor DISCARD.</summary>
    public bool InTransaction { get; private set; }

    /// <summary>How many commands of the open transaction were sent, MULTI included.</summary>
    public int TransactionCommands { get; private set; }

    /// <summary>Whether keys are watched.</summary>
    public bool Watching { get; set; }

    /// <summary>Whether keys were watched on an engine connection that is gone: nobody knows whether they changed, so EXEC must fail.</summary>
    public bool WatchLost { get; private set; }

    /// <summary>What is subscribed to.</summary>
    public SubscriptionSet Subscriptions { get; } = new();

    /// <summary>Whether there is something that cannot be made again.</summary>
    public bool IsStuck { get; private set; }

    /// <summary>Whether all of it can be made again on another engine connection.</summary>
    public bool IsCarryable => !IsStuck && Subscriptions.IsComplete && !(InTransaction && _transaction is null);

    /// <summary>Whether there is nothing: any engine connection would do.</summary>
    public bool IsClean => !IsStuck && !InTransaction && !Watching && !WatchLost && Subscriptions is { Count: 0, IsComplete: true };

    /// <summary>Whether a client that is silent must be given its new engine connection at once: it waits for messages.</summary>
    public bool MustMoveAtOnce => Subscriptions.Count > 0;

    /// <summary>Notes something that cannot be made again.</summary>
    public void Stick() => IsStuck = true;

    /// <summary>Notes MULTI.</summary>
    public void BeginTransaction()
    {
        if (!InTransaction)
        {
            InTransaction = true;
            TransactionCommands = 0;
            _transaction = new ArrayBufferWriter<byte>(256);
        }
    }

    /// <summary>Notes what was sent to the engine within the transaction.</summary>
    /// <param name="command">The bytes; empty where they have not arrived whole.</param>
    public void Queue(ReadOnlySpan<byte> command)
    {
        if (_transaction is not { } transaction)
        {
            return;
        }

        if (command.IsEmpty || transaction.WrittenCount + command.Length > MaxTransactionBytes)
        {
            _transaction = null;
            return;
        }

        transaction.Write(command);
        TransactionCommands++;
    }

    /// <summary>Notes EXEC or DISCARD, which also end the watching.</summary>
    public void EndTransaction()
    {
        InTransaction = Watching = WatchLost = false;
        TransactionCommands = 0;
        _transaction = null;
    }

    /// <summary>Notes UNWATCH.</summary>
    public void Unwatch() => Watching = WatchLost = false;

    /// <summary>The engine connection is gone.</summary>
    public void LeaveConnection() => WatchLost |= Watching;

    /// <summary>Writes the open transaction, or its beginning.</summary>
    /// <param name="output">Where to write.</param>
    /// <param name="commands">How many commands of it, MULTI included.</param>
    public void WriteTransaction(IBufferWriter<byte> output, int commands)
    {
        if (_transaction is not { } transaction)
        {
            return;
        }

        var scanner = new RespRequestScanner(RespRequestLimits.Guest);
        var length = 0;
        for (; commands > 0 && scanner.Scan(transaction.WrittenSpan[length..]) == RespRequestStatus.Command; commands--)
        {
            length += scanner.Length;
            scanner.Next();
        }

        output.Write(transaction.WrittenSpan[..length]);
    }
}
