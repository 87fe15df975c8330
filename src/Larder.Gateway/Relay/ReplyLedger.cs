using Larder.Gateway.Notices;
using Larder.Resp.Replies;

namespace Larder.Gateway.Relay;

/// <summary>
/// What the engine still has to answer on one engine connection, in order. The request side writes at one end before it sends, the reply
/// side takes from the other: that pairs replies with commands, whatever comes between them.
/// </summary>
/// <remarks>
/// <code>
///   client ---&gt; GET a | CONFIG GET x | SET b 1 | SUBSCRIBE c d      the request side passes on, and notes:
///                 |          |           |           |
///   engine &lt;--- GET a |     ECHO     | SET b 1 | SUBSCRIBE c d      a blocked command goes as ECHO without a text, which fails and
///                                                                   spoils a transaction as the unknown command would
///   ledger:    [Replies 1][StandIn "-ERR unknown…"][Replies 1][Confirmations 2]
///                 |          |                        |           |
///   engine ---&gt; $1 v    -ERR wrong number…          +OK      *3 subscribe c 1, *3 subscribe d 2, *3 message … (no reply)
///   client &lt;--- $1 v    -ERR unknown command …      +OK      as they come
/// </code>
/// RESP3 pushes, and messages while RESP2 is in subscribed mode, are replies to nothing. How many subscriptions there are is read off the
/// confirmations, so an UNSUBSCRIBE of everything knows how many to wait for. Members need the <see cref="Gate"/> held where they say so.
/// </remarks>
/// <param name="settings">What the client set.</param>
/// <param name="redoes">Whether commands that the engine says it did not execute are given to the next primary.</param>
/// <param name="follows">Whether commands that the engine sends elsewhere are given there.</param>
internal sealed class ReplyLedger(SessionSettings settings, bool redoes, bool follows)
{
    private Expectation[] _entries = new Expectation[4];
    private int _head;
    private int _count;
    private long _channels;
    private long _patterns;
    private long _shards;
    private Frame _frame;
    private TaskCompletionSource? _drained;
    private TaskCompletionSource? _answered;

    private enum Frame : byte
    {
        Push,
        MessageOrReply,
        Reply,
    }

    /// <summary>Guards everything here; held for moments only.</summary>
    public Lock Gate { get; } = new();

    /// <summary>The most entries (not commands: equal ones share one) before the request side must wait.</summary>
    public const int MaxEntries = 65_536;

    /// <summary>Whether the engine connection is in use; once false it stays false. Needs the gate.</summary>
    public bool IsOpen { get; set; } = true;

    /// <summary>Whether the connection ended, or turned out to lead to no primary, with something under way that is to be made good. Needs the gate.</summary>
    public bool IsLost { get; set; }

    /// <summary>How many commands the engine has answered. Needs the gate.</summary>
    public long Answered { get; private set; }

    /// <summary>With <see cref="Retains"/>: how many commands were answered before the first whose answer the client did not get. Needs the gate.</summary>
    public long RetainedFrom { get; private set; }

    /// <summary>What was sent and is not answered. Needs the gate.</summary>
    public SentJournal Journal { get; } = new();

    /// <summary>What <see cref="End"/> found answered last. Needs the gate.</summary>
    public Expectation Taken { get; private set; }

    /// <summary>Whether no reply goes to the client any more, since one before it is to be made good first. Needs the gate.</summary>
    public bool Retains { get; private set; }

    /// <summary>Whether a batch is being sent, or a command has been sent in part. Needs the gate.</summary>
    public bool IsSending { get; set; }

    /// <summary>
    /// Whether the lost connection has got the last command in part, and its rest is to follow on the next one, after what is kept of it. Needs the gate.
    /// </summary>
    public bool IsCut { get; set; }

    /// <summary>Whether what is kept of a command that was sent in part can be given to another engine connection, and its rest after it. Needs the gate.</summary>
    public bool CanCut => !Journal.Overflowed && _count > 0 && Last is { Kind: ExpectationKind.Replies } last && !last.Traits.HasFlag(ExpectationTraits.Queued);

    /// <summary>Whether the reply of the last command is kept back, and what tells of its acknowledgement is still to be sent. Needs the gate.</summary>
    public bool OwesAcknowledgement => _count > 0 && Last.Traits.HasFlag(ExpectationTraits.KeptBack);

    /// <summary>The payload of what is to come next, where there is any. Needs the gate.</summary>
    public object? Head => _count > 0 ? _entries[_head].Payload : null;

    /// <summary>Whether nothing is under way. Needs the gate.</summary>
    public bool IsEmpty => _count == 0 && !IsSending;

    /// <summary>The only command under way, where it is one that waits at the engine and can be given to another; else <c>null</c>. Needs the gate.</summary>
    public BlockingCommand? Parked => !IsSending && _count > 0 && _entries[_head].Kind == ExpectationKind.Blocking
        && (_count == 1 || (_count == 2 && _entries[(_head + 1) % _entries.Length].Kind == ExpectationKind.Acknowledgement))
            ? _entries[_head].Payload as BlockingCommand
            : null;

    /// <summary>Whether the command under <see cref="Parked"/> is one whose reply is kept back. Needs the gate.</summary>
    public bool IsHeadKeptBack => _count > 0 && _entries[_head].Traits.HasFlag(ExpectationTraits.KeptBack);

    /// <summary>Whether what is under way is answered without anything more from the client or from others. Needs the gate.</summary>
    public bool Drains => IsOpen && _count > 0 && !IsSending && _entries[_head].Kind is not (ExpectationKind.Blocking or ExpectationKind.Opaque);

    /// <summary>Whether a reply or a message may come, so that silence is not idleness. Needs the gate.</summary>
    public bool IsWaiting => _count > 0 || IsSubscribed;

    /// <summary>Whether the reply side is to pass on bytes uncounted. Needs the gate.</summary>
    public bool IsOpaque => _count > 0 && _entries[_head].Kind == ExpectationKind.Opaque;

    /// <summary>Whether what began with the last <see cref="Begin"/> is a message or push, and no command's reply. Needs the gate.</summary>
    public bool IsBesideReplies => _frame != Frame.Reply;

    /// <summary>Whether the client is subscribed to something and knows of all that it is subscribed to. Needs the gate.</summary>
    public bool CanHear => IsSubscribed && !Outstanding(ExpectationKind.Confirmations);

    /// <summary>How many channels, patterns and shard channels are subscribed to; without the gate, what was a moment ago.</summary>
    public (long Channels, long Patterns, long Shards) Subscriptions => (_channels, _patterns, _shards);

    private ref Expectation Last => ref _entries[(_head + _count - 1) % _entries.Length];

    private bool IsSubscribed => _channels + _patterns + _shards > 0;

    /// <summary>Notes what is to come, before the command is sent. Takes the gate.</summary>
    /// <param name="expectation">What is to come; plain replies may be several.</param>
    public void Expect(in Expectation expectation)
    {
        lock (Gate)
        {
            if (expectation.Kind == ExpectationKind.Replies && _count > 0)
            {
                ref var last = ref Last;
                if (last.Kind == ExpectationKind.Replies && last.Traits == expectation.Traits && last.Count <= int.MaxValue - expectation.Count)
                {
                    last = last with { Count = last.Count + expectation.Count };
                    return;
                }
            }

            if (_count == _entries.Length)
            {
                Grow();
            }

            _entries[(_head + _count++) % _entries.Length] = expectation;
        }
    }

    /// <summary>Waits until the ledger is at most half full, if it is full. Takes the gate.</summary>
    /// <returns>Completes at once where there is room, or when the connection ends.</returns>
    public Task WaitForRoomAsync()
    {
        lock (Gate)
        {
            if (_count < MaxEntries || !IsOpen)
            {
                return Task.CompletedTask;
            }

            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _drained.Task;
        }
    }

    /// <summary>Waits until no reply is outstanding. Takes the gate.</summary>
    /// <returns>Completes at once where there is none, or when the connection ends.</returns>
    public Task WaitForRepliesAsync()
    {
        lock (Gate)
        {
            if (_count == 0 || !IsOpen)
            {
                return Task.CompletedTask;
            }

            _answered ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _answered.Task;
        }
    }

    /// <summary>What is still to come, one for each command. Needs the gate.</summary>
    public List<Expectation> Outstanding()
    {
        var outstanding = new List<Expectation>();
        for (var index = 0; index < _count; index++)
        {
            var entry = _entries[(_head + index) % _entries.Length];
            if (entry.Kind == ExpectationKind.Replies)
            {
                outstanding.AddRange(Enumerable.Repeat(entry with { Count = 1 }, entry.Count));
            }
            else
            {
                outstanding.Add(entry);
            }
        }

        return outstanding;
    }

    private bool Outstanding(ExpectationKind kind)
    {
        for (var index = 0; index < _count; index++)
        {
            if (_entries[(_head + index) % _entries.Length].Kind == kind)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Begins with subscriptions that were made again. Takes the gate.</summary>
    /// <param name="subscriptions">What was subscribed to.</param>
    public void Restore(SubscriptionSet subscriptions)
    {
        lock (Gate)
        {
            _channels = subscriptions.CountOf(SubscriptionKind.Channel);
            _patterns = subscriptions.CountOf(SubscriptionKind.Pattern);
            _shards = subscriptions.CountOf(SubscriptionKind.Shard);
        }
    }

    /// <summary>Says that no more replies will come. Takes the gate.</summary>
    public void Close()
    {
        TaskCompletionSource? drained;
        TaskCompletionSource? answered;
        lock (Gate)
        {
            IsOpen = false;
            (drained, _drained) = (_drained, null);
            (answered, _answered) = (_answered, null);
        }

        drained?.TrySetResult();
        answered?.TrySetResult();
    }

    /// <summary>Looks at the first byte of a frame. Needs the gate.</summary>
    /// <param name="type">The byte.</param>
    /// <returns><see cref="ReplyVerdict.Pass"/>, <see cref="ReplyVerdict.Replace"/>, <see cref="ReplyVerdict.Withhold"/> or <see cref="ReplyVerdict.Violation"/>.</returns>
    public ReplyVerdict Begin(byte type)
    {
        if (type == (byte)'>')
        {
            _frame = Frame.Push;
            return ReplyVerdict.Pass;
        }

        if (type == (byte)'*' && settings.Protocol == 2 && IsSubscribed)
        {
            _frame = Frame.MessageOrReply;
            return ReplyVerdict.Pass;
        }

        _frame = Frame.Reply;
        if (_count == 0)
        {
            return ReplyVerdict.Violation;
        }

        return _entries[_head].Kind switch
        {
            ExpectationKind.StandIn or ExpectationKind.LastStandIn => type == (byte)'-' ? ReplyVerdict.Replace : ReplyVerdict.Violation,
            ExpectationKind.Substitute => ReplyVerdict.Replace,
            ExpectationKind.Opaque => ReplyVerdict.Pass,
            ExpectationKind.Acknowledgement or ExpectationKind.Edited => ReplyVerdict.Withhold,
            _ when type == (byte)'-' || Retains || IsHeadKeptBack => ReplyVerdict.Withhold,
            _ => ReplyVerdict.Pass,
        };
    }

    /// <summary>Looks at a frame that has ended. Needs the gate.</summary>
    /// <param name="frame">The scanner that found the end.</param>
    /// <param name="replacement">For a frame that was to be replaced: what takes its place.</param>
    /// <returns>What to do now.</returns>
    public ReplyVerdict End(RespReplyScanner frame, out byte[]? replacement)
    {
        replacement = null;
        if (_frame != Frame.Reply)
        {
            if (TryReadConfirmation(frame.FirstElement, out var kind))
            {
                return Confirm(kind, frame.ThirdElement);
            }

            if (_frame == Frame.Push || IsMessage(frame.FirstElement))
            {
                return ReplyVerdict.Pass;
            }
        }

        return _count == 0 ? ReplyVerdict.Violation : Answer(frame, out replacement);
    }

    private ReplyVerdict Answer(RespReplyScanner frame, out byte[]? replacement)
    {
        replacement = null;
        ref var head = ref _entries[_head];
        var failed = frame.FrameType == (byte)'-';
        if (failed && !head.Traits.HasFlag(ExpectationTraits.Queued) && head.Kind
            is ExpectationKind.Replies or ExpectationKind.Select or ExpectationKind.Setting or ExpectationKind.Hello or ExpectationKind.Blocking or ExpectationKind.Edited
            && ((redoes && NotExecuted.IsTold(frame.ErrorText)) || (follows && NotExecuted.IsRedirection(frame.ErrorText))))
        {
            // Nothing is sent to such an engine any more; what is under way there is still answered.
            RetainedFrom = Retains ? RetainedFrom : Answered;
            Retains = IsLost = true;
            IsOpen = false;
            TakeOne();
            return ReplyVerdict.NotExecuted;
        }

        switch (head.Kind)
        {
            case ExpectationKind.Replies:
                return TakeOne().Traits.HasFlag(ExpectationTraits.KeptBack) ? ReplyVerdict.KeepBack : ReplyVerdict.Pass;
            case ExpectationKind.Acknowledgement:
                TakeOne();
                return ReplyVerdict.Acknowledged;
            case ExpectationKind.StandIn or ExpectationKind.LastStandIn:
                if (!failed)
                {
                    return ReplyVerdict.Violation;
                }

                replacement = head.Payload is MaintenanceCommand maintenance ? maintenance.Answer(settings) : (byte[])head.Payload!;
                return TakeOne().Kind == ExpectationKind.LastStandIn ? ReplyVerdict.Last : ReplyVerdict.Pass;
            case ExpectationKind.Substitute:
                replacement = (byte[])head.Payload!;
                break;
            case ExpectationKind.Blocking when failed && frame.ErrorText.StartsWith("UNBLOCKED force "u8):
                // It stays at the head, so that it is still what waits when the session is moved.
                return ReplyVerdict.Unblocked;
            case ExpectationKind.Confirmations when !failed:
                return TryReadConfirmation(frame.FirstElement, out var kind) ? Confirm(kind, frame.ThirdElement) : ReplyVerdict.Violation;
            case ExpectationKind.Hello when !failed:
                settings.Protocol = frame.FrameType == (byte)'%' ? 3 : 2;
                Apply(head.Payload);
                break;
            case ExpectationKind.Select when !failed:
                settings.Database = head.Count;
                break;
            case ExpectationKind.Setting when !failed:
                Apply(head.Payload);
                break;
            case ExpectationKind.Opaque:
                return ReplyVerdict.Violation;
            default:
                break;
        }

        var taken = TakeOne();
        return taken.Kind switch
        {
            ExpectationKind.Quit => ReplyVerdict.Last,
            ExpectationKind.Edited when !failed => ReplyVerdict.Edit,
            ExpectationKind.Refusable when failed => ReplyVerdict.Edit,
            ExpectationKind.Reset => failed ? ReplyVerdict.Violation : ReplyVerdict.Reset,
            _ when taken.Traits.HasFlag(ExpectationTraits.KeptBack) => ReplyVerdict.KeepBack,
            _ => ReplyVerdict.Pass,
        };
    }

    /// <summary>A subscription began or ended. It need not be an answer: a push may tell of one that the engine ended.</summary>
    private ReplyVerdict Confirm(SubscriptionKind kind, long? total)
    {
        if (total is not { } count)
        {
            return ReplyVerdict.Violation;
        }

        ref var counted = ref kind == SubscriptionKind.Channel ? ref _channels : ref kind == SubscriptionKind.Pattern ? ref _patterns : ref _shards;
        var before = counted;
        counted = kind switch
        {
            SubscriptionKind.Channel => count - _patterns,
            SubscriptionKind.Pattern => count - _channels,
            _ => count,
        };
        if (counted < 0)
        {
            return ReplyVerdict.Violation;
        }

        if (_count == 0 || _entries[_head].Kind != ExpectationKind.Confirmations || _entries[_head].Subscription != kind)
        {
            // The engine ends subscriptions itself when a slot leaves it.
            return _frame == Frame.Push || (kind == SubscriptionKind.Shard && counted < before) ? ReplyVerdict.Pass : ReplyVerdict.Violation;
        }

        ref var head = ref _entries[_head];
        var left = (head.Count == 0 ? Math.Max(1, before) : head.Count) - 1;
        if (left > 0)
        {
            head = head with { Count = (int)Math.Min(left, int.MaxValue) };
        }
        else
        {
            TakeOne();
        }

        return ReplyVerdict.Pass;
    }

    private void Apply(object? change)
    {
        if (change is SettingChange setting)
        {
            settings.Apply(setting);
        }
    }

    /// <summary>One command is answered.</summary>
    private Expectation TakeOne()
    {
        Answered++;
        ref var head = ref _entries[_head];
        Taken = head.Kind == ExpectationKind.Replies ? head with { Count = 1 } : head;
        if (head is { Kind: ExpectationKind.Replies, Count: > 1 })
        {
            head = head with { Count = head.Count - 1 };
            return Taken;
        }

        head = default;
        _head = (_head + 1) % _entries.Length;
        if (--_count == 0)
        {
            if (!IsSending && !IsLost)
            {
                Journal.Clear(Answered);
            }

            _answered?.TrySetResult();
            _answered = null;
        }

        if (_count <= MaxEntries / 2 && _drained is { } drained)
        {
            _drained = null;
            drained.TrySetResult();
        }

        return Taken;
    }

    private void Grow()
    {
        var larger = new Expectation[_entries.Length * 2];
        for (var index = 0; index < _count; index++)
        {
            larger[index] = _entries[(_head + index) % _entries.Length];
        }

        (_entries, _head) = (larger, 0);
    }

    private static bool IsMessage(ReadOnlySpan<byte> first) =>
        first.SequenceEqual("message"u8) || first.SequenceEqual("pmessage"u8) || first.SequenceEqual("smessage"u8);

    private static bool TryReadConfirmation(ReadOnlySpan<byte> first, out SubscriptionKind kind)
    {
        kind = first.IsEmpty ? default : first[0] switch
        {
            (byte)'p' => SubscriptionKind.Pattern,
            (byte)'s' when !first.StartsWith("su"u8) || first.SequenceEqual("sunsubscribe"u8) => SubscriptionKind.Shard,
            _ => SubscriptionKind.Channel,
        };
        var plain = kind == SubscriptionKind.Channel || first.IsEmpty ? first : first[1..];
        return plain.SequenceEqual("subscribe"u8) || plain.SequenceEqual("unsubscribe"u8);
    }
}
