using System.Buffers;
using Larder.Gateway.Commands;
using Larder.Gateway.Gathering;
using Larder.Gateway.Lanes;
using Larder.Gateway.Sessions;
using Larder.Model.Routing;
using Larder.Resp.Requests;

namespace Larder.Gateway.Relay;

/// <summary>
/// Turns what a client sent into what its engine gets: takes all complete commands from the read buffer, has each admitted, and collects the
/// bytes to send. A command larger than the buffer is admitted by its beginning and then passes in pieces.
/// </summary>
internal sealed class RequestBatcher(ClientConnection client, RespRequestScanner scanner, CommandDoor door, GatewayCounters counters) : IDisposable
{
    private readonly OutputBatch _output = new();
    private Piece _piece;
    private bool _opaque;
    private bool _unshareable;

    private enum Piece : byte
    {
        None,
        Forward,
        Discard,
    }

    /// <summary>What is to be sent. Valid until the next <see cref="Collect"/>.</summary>
    public ReadOnlyMemory<byte> Collected => _output.Collected;

    /// <summary>Whether a command has gone to the engine in part, so that only its rest can follow.</summary>
    public bool IsInsideCommand => _piece == Piece.Forward;

    /// <summary>Whether no command has gone, or is being dropped, in part, and replies are as usual.</summary>
    public bool IsBetweenCommands => _piece == Piece.None && !_opaque && door.Answers;

    /// <summary>Whether all commands of the last batch could have gone on a connection that others use too.</summary>
    public bool AllShareable => _piece == Piece.None && !_unshareable && door.AllShareable;

    /// <summary>After <see cref="BatchEnd.EndRequests"/>, and where bytes were refused: why the session ends.</summary>
    public CloseReason EndReason { get; private set; }

    /// <summary>Takes what there is.</summary>
    /// <returns>What follows.</returns>
    public BatchEnd Collect()
    {
        _output.Begin(client.Buffer);
        door.Begin();
        _unshareable = false;
        var end = BatchEnd.GoOn;
        while (end == BatchEnd.GoOn && !client.Unread.IsEmpty)
        {
            if (_opaque)
            {
                Take(client.Unread.Length, forward: true);
                break;
            }

            var status = scanner.Scan(client.Unread);
            if (status == RespRequestStatus.NeedMoreData)
            {
                _unshareable |= client.Unread.Length > LaneJournal.MaxCommandBytes;
                if (_piece == Piece.None && !client.IsFull)
                {
                    break;
                }

                if (_piece == Piece.None && scanner.ArgumentCount == 0)
                {
                    // A long line. The buffer begins with it, so nothing of this buffer is waiting to be sent.
                    client.Grow();
                    break;
                }

                end = TakePiece();
                if (_opaque)
                {
                    continue;
                }

                break;
            }

            end = status switch
            {
                RespRequestStatus.Command => TakeCommand(),
                RespRequestStatus.InlineCommand => TakeInlineCommand(),
                RespRequestStatus.Nothing => Skip(),
                _ => RefuseBytes(),
            };
        }

        door.Flush();
        if (!IsInsideCommand)
        {
            door.End(_output);
        }

        return end;
    }

    /// <summary>How many commands the collected bytes begin, as the engine counts them.</summary>
    public int Commands => door.Commands;

    /// <summary>After <see cref="BatchEnd.Reroute"/>: the shard that is to be connected to.</summary>
    public int NextShard => door.NextShard;

    /// <summary>After <see cref="BatchEnd.Transaction"/>: which.</summary>
    public RoutedTransaction Transaction => door.Transaction!;

    /// <summary>After <see cref="BatchEnd.Gather"/>: what is to be carried out, which is the next command that is unread.</summary>
    public GatherOrder Gathered => door.Gathered!;

    /// <summary>The engine to which a command has gone in part is gone: what is still to come of the command goes nowhere.</summary>
    public void AbandonCommand() => _piece = _piece == Piece.Forward ? Piece.Discard : _piece;

    /// <summary>Follows the session to another engine connection.</summary>
    /// <param name="ledger">The connection's ledger.</param>
    /// <param name="primary">Where it leads.</param>
    public void Bind(ReplyLedger ledger, PrimaryRoute primary) => door.Bind(ledger, primary);

    /// <summary>Gives back the memory that is needed only while a batch is being sent.</summary>
    public void Release() => _output.Release();

    /// <inheritdoc/>
    public void Dispose() => _output.Dispose();

    private BatchEnd TakeCommand()
    {
        var end = BatchEnd.GoOn;
        var forward = _piece == Piece.Forward;
        if (_piece == Piece.None)
        {
            var view = new CommandView(client.Unread[..scanner.Length], scanner.Arguments, scanner.ArgumentCount);
            (end, forward) = Admit(view, isWhole: true);
            if (end is BatchEnd.Reroute or BatchEnd.Gather)
            {
                scanner.Next(); // It stays where it is.
                return end;
            }

            if (_opaque)
            {
                return BatchEnd.GoOn;
            }
        }

        _piece = Piece.None;
        _unshareable |= scanner.Length > LaneJournal.MaxCommandBytes;
        Take(scanner.Length, forward);
        scanner.Next();
        return end;
    }

    private BatchEnd TakeInlineCommand()
    {
        _unshareable = true;
        var encoded = new ArrayBufferWriter<byte>();
        if (!InlineCommand.TryEncode(client.Unread[..scanner.Length], encoded))
        {
            return Refuse("unbalanced quotes in request");
        }

        if (encoded.WrittenCount == 0)
        {
            return Skip();
        }

        var inner = new RespRequestScanner(RespRequestLimits.Guest);
        inner.Scan(encoded.WrittenSpan);
        var (end, forward) = Admit(new CommandView(encoded.WrittenSpan, inner.Arguments, inner.ArgumentCount), isWhole: true);
        if (end is BatchEnd.Reroute or BatchEnd.Gather)
        {
            scanner.Next();
            return end;
        }

        if (_opaque)
        {
            return BatchEnd.GoOn;
        }

        if (forward)
        {
            _output.Write(encoded.WrittenSpan);
        }

        client.Consume(scanner.Length);
        scanner.Next();
        return end;
    }

    /// <summary>Passes on what has arrived of a command that does not fit the buffer.</summary>
    private BatchEnd TakePiece()
    {
        if (_piece == Piece.None)
        {
            var (end, forward) = Admit(new CommandView(client.Unread, scanner.Arguments, scanner.ArgumentCount), isWhole: false);
            if (end is BatchEnd.Reroute or BatchEnd.Gather)
            {
                scanner.Next();
                return end;
            }

            if (end != BatchEnd.GoOn || _opaque)
            {
                // Nothing that ends a session is that large, except in error: without its rest there is nothing to wait for.
                return end == BatchEnd.GoOn ? BatchEnd.GoOn : BatchEnd.Hang;
            }

            _piece = forward ? Piece.Forward : Piece.Discard;
        }

        var length = (int)Math.Min(scanner.Passable, client.Unread.Length);
        scanner.Passed(length);
        Take(length, _piece == Piece.Forward);
        return BatchEnd.GoOn;
    }

    private (BatchEnd End, bool Forward) Admit(in CommandView view, bool isWhole)
    {
        switch (door.Admit(view, isWhole, _output))
        {
            case Admission.Forward:
                return (BatchEnd.GoOn, true);
            case Admission.Replace:
                return (BatchEnd.GoOn, false);
            case Admission.ForwardAndAwait:
                return (BatchEnd.AwaitReplies, true);
            case Admission.ForwardTransaction:
                return (BatchEnd.Transaction, true);
            case Admission.ForwardLast:
                return (CommandTable.Find(view.Name) == CommandKind.Reset ? BatchEnd.Reset : BatchEnd.LastReplies, true);
            case Admission.Reroute:
                return (BatchEnd.Reroute, false);
            case Admission.Gather:
                return (BatchEnd.Gather, false);
            case Admission.ForwardAndEnd:
                EndReason = CloseReason.ClientQuit;
                return (BatchEnd.EndRequests, true);
            case Admission.TurnOpaque:
                _opaque = true;
                return (BatchEnd.GoOn, true);
            default:
                return (BatchEnd.Hang, false);
        }
    }

    private BatchEnd RefuseBytes() => Refuse(scanner.Error);

    private BatchEnd Refuse(string error)
    {
        counters.ProtocolError();
        EndReason = CloseReason.ProtocolError;
        var inside = _piece == Piece.Forward;
        client.Discard();
        if (inside || !door.Answers)
        {
            // Half a command is at the engine, or replies are off: there is no place for an error among the replies.
            return BatchEnd.EndRequests;
        }

        door.Refuse(Replies.ProtocolError(error), _output);
        return BatchEnd.LastReplies;
    }

    private BatchEnd Skip()
    {
        client.Consume(scanner.Length);
        scanner.Next();
        return BatchEnd.GoOn;
    }

    private void Take(int length, bool forward)
    {
        if (forward)
        {
            _output.AddRange(client.Start, client.Start + length);
        }

        client.Consume(length);
    }
}
