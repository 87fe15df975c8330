using System.Buffers;
using Larder.Gateway.Commands;
using Larder.Gateway.Gathering;
using Larder.Model.Specs;

namespace Larder.Gateway.Relay;

/// <summary>
/// What is done about the commands that were under way on an engine connection that is lost, so that each gets exactly one answer, in its place.
/// </summary>
/// <remarks>
/// <code>
///   under way:   GET a        SET b 1                    MULTI  SET c 1  EXEC              GET d (not sent yet)
///   next engine: GET a        a stand-in                 stand-ins                         GET d
///   client gets: its reply    -UNCERTAIN …               +OK  +QUEUED  -UNCERTAIN …        its reply
/// </code>
/// What was certainly not executed, or may be executed twice without harm, is given to the next engine. Everything else is answered by the gateway; a
/// command that fails stands in for it at the engine, which keeps the order.
/// </remarks>
internal sealed class Salvage
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly List<Expectation> _expectations = [];
    private readonly FailoverSpec _policy;
    private readonly CommandEffects _effects;
    private readonly TimeProvider _clock;

    private bool _isRedirected;
    private bool _isCut;

    private Salvage(FailoverSpec policy, CommandEffects effects, TimeProvider clock) => (_policy, _effects, _clock) = (policy, effects, clock);

    /// <summary>What to send.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes.WrittenMemory;

    /// <summary>What is to come back, one for each command.</summary>
    public IReadOnlyList<Expectation> Expectations => _expectations;

    /// <summary>How many commands of the open transaction the lost engine had answered: these are queued again before anything else.</summary>
    public int TransactionCommands { get; private set; }

    /// <summary>How many of the client's commands are given to the next engine.</summary>
    public int Repeated { get; private set; }

    /// <summary>How many are answered with an error because their fate is unknown.</summary>
    public int Uncertain { get; private set; }

    /// <summary>Decides. Needs the ledger's gate; neither side uses the connection any more.</summary>
    /// <param name="ledger">What was under way.</param>
    /// <param name="unacknowledged">Writes that were executed and not acknowledged: their replies were kept back.</param>
    /// <param name="retained">What was answered behind a command that was not executed.</param>
    /// <param name="state">What the client did to its connection.</param>
    /// <param name="policy">The cache's choice.</param>
    /// <param name="givesUp">Whether commands that are not executed have been given again for long enough: their error goes to the client.</param>
    /// <param name="effects">Which commands only read.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="acknowledge">Writes the command after which a write counts as acknowledged; <c>null</c> where that is not asked for.</param>
    /// <returns><c>null</c> where the session must be closed.</returns>
    public static Salvage? TryMake(
        ReplyLedger ledger, int unacknowledged, IReadOnlyList<RetainedReply> retained, CarriedState state, FailoverSpec policy, bool givesUp,
        CommandEffects effects, TimeProvider clock, Action<IBufferWriter<byte>>? acknowledge)
    {
        var salvage = new Salvage(policy, effects, clock) { _isCut = ledger.IsCut };
        var outstanding = ledger.Outstanding();
        var commands = ledger.Journal.Read(ledger.Retains ? ledger.RetainedFrom : ledger.Answered);
        salvage._isRedirected = retained.Count > 0 && retained.Where(reply => !reply.WasExecuted).All(reply => RoutedTransaction.IsRefusal(reply.Reply));
        givesUp |= commands is null && salvage._isRedirected; // A large command cannot be given again: its client is told that it was not executed.
        if (commands is null ? (retained.Count > 0 && !salvage._isRedirected) || state.InTransaction : commands.Count != retained.Count + outstanding.Count)
        {
            return null; // What was under way is too much to have been kept.
        }

        for (; unacknowledged > 0; unacknowledged--)
        {
            salvage.AnswerUncertain();
        }

        var units = retained.Select(reply => reply.Expectation).Concat(outstanding).Select((expectation, index) => new Unit(
            expectation, commands is null ? null : commands[index], index < retained.Count ? retained[index] : null)).ToList();
        var open = salvage.FindOpenTransaction(units, state);
        for (var index = 0; index < units.Count;)
        {
            var length = index >= open || commands is null ? 1 : TransactionLength(units, index, open);
            var done = commands is not null && (length > 1 || (index < open && units[index].IsQueued))
                ? salvage.TakeTransaction(units.GetRange(index, length), acknowledge)
                : salvage.Take(units[index], index >= open, givesUp, acknowledge);
            if (!done)
            {
                return null;
            }

            index += length;
        }

        return salvage.Uncertain > 0 && policy.UncertainWrites == UncertainWrites.Close ? null : salvage;
    }

    /// <summary>From where on commands belong to a transaction whose EXEC the client has not sent.</summary>
    private int FindOpenTransaction(List<Unit> units, CarriedState state)
    {
        if (!state.InTransaction)
        {
            return units.Count;
        }

        var multi = units.FindLastIndex(unit => !unit.IsQueued);
        TransactionCommands = multi < 0 ? state.TransactionCommands - units.Count : 0;
        return Math.Max(0, multi);
    }

    /// <summary>How many units belong to the transaction that begins at one, up to its end; 1 where none begins.</summary>
    private static int TransactionLength(List<Unit> units, int start, int limit)
    {
        var end = start + 1;
        while (end < limit && units[end].IsQueued)
        {
            end++;
        }

        // Two transactions may follow each other at once; the first ends with its EXEC or DISCARD.
        var last = units.FindIndex(start, end - start, unit => unit is { IsQueued: true, Command.Kind: CommandKind.Exec or CommandKind.Discard });
        return (last < 0 ? end : last + 1) - start;
    }

    /// <summary>A transaction whose end was sent: either all of it is given again, or none.</summary>
    private bool TakeTransaction(List<Unit> units, Action<IBufferWriter<byte>>? acknowledge)
    {
        var end = units[^1];
        var sent = end.Command!.Value.MayBeExecuted;
        if (!sent && !units[0].IsQueued && units.All(unit => unit.Reply is null && unit.Command!.Value.IsWhole)
            && !end.Expectation.Traits.HasFlag(ExpectationTraits.Watched))
        {
            units.ForEach(Repeat);
            Acknowledge(end, acknowledge);
            return true;
        }

        foreach (var unit in units)
        {
            if (unit.Reply is { } reply)
            {
                AnswerInstead(reply.Reply);
            }
            else if (unit.Expectation.Kind is ExpectationKind.StandIn or ExpectationKind.Substitute)
            {
                AnswerInstead((byte[])unit.Expectation.Payload!);
            }
            else if (unit.Command!.Value.Kind is CommandKind.Exec && unit.IsQueued)
            {
                AnswerEnd(sent);
            }
            else
            {
                AnswerInstead(unit.Command.Value.Kind is CommandKind.Multi or CommandKind.Discard ? Replies.Ok : Replies.Queued);
            }
        }

        return true;
    }

    private void AnswerEnd(bool sent)
    {
        if (sent)
        {
            AnswerUncertain();
        }
        else
        {
            AnswerInstead(Replies.TransactionNotDelivered);
        }
    }

    private bool Take(Unit unit, bool isInOpenTransaction, bool givesUp, Action<IBufferWriter<byte>>? acknowledge)
    {
        if (unit.Reply is { } reply)
        {
            TakeAnswered(unit, reply, givesUp, acknowledge);
            return true;
        }

        switch (unit.Expectation.Kind)
        {
            case ExpectationKind.StandIn or ExpectationKind.LastStandIn or ExpectationKind.Substitute:
                Add(unit.Expectation with { Kind = unit.Expectation.Kind == ExpectationKind.Substitute ? ExpectationKind.StandIn : unit.Expectation.Kind }, CommandDoor.StandIn);
                return true;
            case ExpectationKind.Acknowledgement:
                return true; // The gateway's own; what is given again brings another.
            case ExpectationKind.Quit or ExpectationKind.Reset or ExpectationKind.Opaque:
            case ExpectationKind.Confirmations when unit.Expectation.Count == 0:
                return false;
            default:
                break;
        }

        if (_isCut && unit.Command is { IsWhole: false })
        {
            Repeat(unit); // What tells of its acknowledgement follows its rest.
        }
        else if (unit.Command is { IsWhole: false })
        {
            AnswerInstead(Replies.NotDelivered);
        }
        else if (unit.Command is { } command && (isInOpenTransaction || !command.MayBeExecuted || unit.Expectation.Kind == ExpectationKind.Confirmations
            || (_policy.RetryReads && command.IsRepeatable(_effects))))
        {
            Repeat(unit);
            Acknowledge(unit, acknowledge);
        }
        else
        {
            AnswerUncertain();
        }

        return true;
    }

    private void TakeAnswered(Unit unit, RetainedReply reply, bool givesUp, Action<IBufferWriter<byte>>? acknowledge)
    {
        if (unit.Expectation.Kind == ExpectationKind.Acknowledgement)
        {
            return;
        }

        // An engine that is no primary may have given a reader something old. One that sends commands elsewhere is one.
        if ((!reply.WasExecuted && !givesUp) || (reply.WasExecuted && !_isRedirected && unit.Command!.Value.IsRepeatable(_effects)))
        {
            if (!reply.WasExecuted && reply.Reply.AsSpan().StartsWith("-ASK "u8))
            {
                Add(new Expectation(ExpectationKind.Substitute, Payload: Array.Empty<byte>()), "*1\r\n$6\r\nASKING\r\n"u8);
            }

            Repeat(unit);
            Acknowledge(unit, acknowledge);
            return;
        }

        var isUnsafe = reply.WasExecuted && !reply.IsAcknowledged && unit.Expectation.Traits.HasFlag(ExpectationTraits.KeptBack) && reply.Reply is not [(byte)'-', ..];
        var isLost = !reply.WasExecuted && NotExecuted.IsRedirection(reply.Reply.AsSpan(1));
        AnswerInstead(isUnsafe ? Replies.NotAcknowledged : isLost ? Replies.SlotMoving : reply.Reply);
    }

    private void Repeat(Unit unit)
    {
        Repeated++;
        if (unit.Expectation.Payload is BlockingCommand blocking)
        {
            blocking.Write(_bytes, _clock);
            _expectations.Add(unit.Expectation);
        }
        else
        {
            Add(unit.Expectation, unit.Command!.Value.Bytes.Span);
        }
    }

    private void Acknowledge(Unit unit, Action<IBufferWriter<byte>>? acknowledge)
    {
        if (acknowledge is not null && unit.Expectation.Traits.HasFlag(ExpectationTraits.KeptBack))
        {
            acknowledge(_bytes);
            _expectations.Add(new Expectation(ExpectationKind.Acknowledgement));
        }
    }

    private void AnswerUncertain()
    {
        Uncertain++;
        AnswerInstead(Replies.Uncertain);
    }

    private void AnswerInstead(ReadOnlySpan<byte> reply) =>
        Add(new Expectation(ExpectationKind.StandIn, Payload: reply.ToArray()), CommandDoor.StandIn);

    private void Add(in Expectation expectation, ReadOnlySpan<byte> command)
    {
        _expectations.Add(expectation);
        _bytes.Write(command);
    }

    /// <summary>One command that was under way.</summary>
    /// <param name="Expectation">What it is answered with.</param>
    /// <param name="Command">Its bytes; <c>null</c> where they were not kept.</param>
    /// <param name="Reply">What the engine answered, where it did.</param>
    private sealed record Unit(Expectation Expectation, SentCommand? Command, RetainedReply? Reply)
    {
        public bool IsQueued => Expectation.Traits.HasFlag(ExpectationTraits.Queued);
    }
}
