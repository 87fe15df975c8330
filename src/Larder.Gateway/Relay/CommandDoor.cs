using System.Buffers;
using System.Globalization;
using System.Text;
using Larder.Gateway.Clients;
using Larder.Gateway.Clusters;
using Larder.Gateway.Commands;
using Larder.Gateway.Gathering;
using Larder.Gateway.Notices;
using Larder.Gateway.Routing;
using Larder.Gateway.Sessions;
using Larder.Model.Routing;
using Larder.Model.Specs;
using Larder.Resp;

namespace Larder.Gateway.Relay;

/// <summary>
/// Decides, command by command, what goes to the engine of an authenticated session, and notes in the ledger what is to come back. It
/// follows what the client did to its connection: transaction, reply mode, settings. Used by the request side only.
/// </summary>
/// <remarks>
/// What cannot be followed exactly turns the session opaque: MONITOR, SCRIPT DEBUG, and what changes the meaning of replies while it is only
/// queued in a transaction or while replies are switched off. An opaque session keeps its engine's answers to blocked commands.
/// </remarks>
/// <param name="session">The session.</param>
/// <param name="cache">The cache, for its durability and its engine's commands.</param>
/// <param name="state">What the client did to its connection.</param>
/// <param name="settings">What it set.</param>
internal sealed partial class CommandDoor(
    GatewaySession session, CacheRuntime cache, CarriedState state, SessionSettings settings)
{
    private ReplyLedger _ledger = null!;
    private bool _quorum;
    private bool _unacknowledged;
    private ExpectationTraits _plainTraits;
    private int _commands;
    private bool _queued;
    private PrimaryRoute _primary = null!;
    private ReplyMode _mode;
    private bool _subscribed;
    private int _plain;

    private enum ReplyMode : byte
    {
        On,
        Off,
        SkipNext,
    }

    /// <summary>
    /// A command that fails in every state of a connection and on every engine, costs nothing, and spoils a transaction. Not GET, which Garnet
    /// answers without its argument, and no unknown name, after which Garnet executes the transaction.
    /// </summary>
    public static ReadOnlySpan<byte> StandIn => "*1\r\n$4\r\nECHO\r\n"u8;

    /// <summary>Goes in the place of an EXEC that must fail.</summary>
    private static ReadOnlySpan<byte> DiscardCommand => "*1\r\n$7\r\nDISCARD\r\n"u8;

    /// <summary>Whether replies come for what is sent.</summary>
    public bool Answers => _mode == ReplyMode.On;

    /// <summary>Follows the session to an engine connection.</summary>
    /// <param name="ledger">The connection's ledger.</param>
    /// <param name="primary">Where it leads.</param>
    public void Bind(ReplyLedger ledger, PrimaryRoute primary)
    {
        lock (ledger.Gate)
        {
            (_ledger, _primary, _unacknowledged) = (ledger, primary, ledger.OwesAcknowledgement);
        }
    }

    /// <summary>Begins a batch.</summary>
    public void Begin()
    {
        _quorum = cache.Route.Durability == DurabilityMode.Quorum;
        _commands = 0;
        AllShareable = true;
    }

    /// <summary>Whether all commands of the batch could have gone on a connection that others use too.</summary>
    public bool AllShareable { get; private set; }

    /// <summary>The transaction that is open, or was last; <c>null</c> where it need not be known.</summary>
    public RoutedTransaction? Transaction { get; private set; }

    /// <summary>After <see cref="Admission.Gather"/>: what is to be carried out.</summary>
    public GatherOrder? Gathered { get; private set; }

    /// <summary>After <see cref="Admission.Reroute"/>: the shard that the command is for.</summary>
    public int NextShard { get; private set; }

    /// <summary>How many commands the batch has begun, as the engine counts them.</summary>
    public int Commands => _commands;

    /// <summary>Decides about a command.</summary>
    /// <param name="command">The command, or as much of it as fits the buffer.</param>
    /// <param name="isWhole">Whether it is all there.</param>
    /// <param name="replacement">Gets what goes to the engine in its place, where that is the answer.</param>
    /// <returns>What happens to it.</returns>
    public Admission Admit(in CommandView command, bool isWhole, IBufferWriter<byte> replacement)
    {
        var kind = CommandTable.Find(command.Name);
        var known = cache.Effects.Find(command.Name);
        if (session.IsRouted && cache.Cluster is { } cluster && AdmitRouted(kind, known, command, isWhole, cluster, replacement) is { } elsewhere)
        {
            return elsewhere;
        }

        _commands++;
        _queued = state.InTransaction;
        if (kind == CommandKind.Publish && !(command.TryGet(1, out var channel) && channel.SequenceEqual(AzureEvents.Channel)))
        {
            kind = CommandKind.Plain;
        }

        AllShareable = AllShareable && kind is CommandKind.Plain or CommandKind.Info && !state.InTransaction && known is { IsShareable: true };
        settings.LastCommand = kind == CommandKind.Client
            ? $"client|{Encoding.Latin1.GetString(command.Subcommand).ToLowerInvariant()}"
            : known?.Name ?? KnownCommand.NoName;
        if (kind == CommandKind.Plain && _mode == ReplyMode.On)
        {
            if (state.InTransaction)
            {
                ExpectQueued();
                Queue(command, isWhole);
            }
            else
            {
                ExpectPlain(_quorum ? AdmitToQuorum(command, replacement) : ExpectationTraits.None);
            }

            return Admission.Forward;
        }

        if (_unacknowledged)
        {
            Acknowledge(replacement);
        }

        if (TurnsOpaque(kind, command))
        {
            Flush();
            _ledger.Expect(new Expectation(ExpectationKind.Opaque));
            state.Stick();
            return Admission.TurnOpaque;
        }

        var silent = _mode != ReplyMode.On;
        if (_mode == ReplyMode.SkipNext)
        {
            _mode = ReplyMode.On;
        }

        var admission = AdmitSpecial(kind, command, isWhole, silent, replacement);
        if (state.InTransaction)
        {
            if (admission == Admission.Replace)
            {
                state.Queue(kind is CommandKind.Auth or CommandKind.Hello ? default : StandIn);
            }
            else
            {
                Queue(command, isWhole);
            }
        }

        return admission;
    }

    /// <summary>Has a reply given in its place among the engine's, and the connection closed after it.</summary>
    /// <param name="reply">The reply.</param>
    /// <param name="replacement">Gets what goes to the engine.</param>
    public void Refuse(byte[] reply, IBufferWriter<byte> replacement)
    {
        if (_unacknowledged)
        {
            Acknowledge(replacement);
        }

        _commands++;
        _queued = state.InTransaction;
        Expect(new Expectation(ExpectationKind.LastStandIn, Payload: reply));
        replacement.Write(StandIn);
    }

    /// <summary>Writes the plain replies that are to come into the ledger. To be called before anything is sent.</summary>
    public void Flush()
    {
        if (_plain > 0)
        {
            _ledger.Expect(new Expectation(ExpectationKind.Replies, _plain, Traits: _plainTraits));
            _plain = 0;
        }
    }

    /// <summary>Ends a batch that ends with a whole command: its last writes are to be acknowledged.</summary>
    /// <param name="replacement">Gets what goes to the engine.</param>
    public void End(IBufferWriter<byte> replacement)
    {
        if (_unacknowledged)
        {
            Acknowledge(replacement);
        }
    }

    /// <summary>Writes the command that waits until a replica has what was written before it on the same connection.</summary>
    /// <param name="replacement">Where to write.</param>
    /// <param name="timeout">How long it waits, in milliseconds.</param>
    public static void WriteWait(IBufferWriter<byte> replacement, int timeout)
    {
        RespWriter.WriteCommandHeader(replacement, 3);
        RespWriter.WriteBulk(replacement, "WAIT"u8);
        RespWriter.WriteBulk(replacement, "1"u8);
        RespWriter.WriteBulk(replacement, Encoding.ASCII.GetBytes(timeout.ToString(CultureInfo.InvariantCulture)));
    }

    /// <summary>Writes in a row share one acknowledgement; what reads behind them comes after it, so that nothing large is kept back.</summary>
    private ExpectationTraits AdmitToQuorum(in CommandView command, IBufferWriter<byte> replacement)
    {
        if (cache.Effects.Of(command.Name) == CommandEffect.Writes)
        {
            _unacknowledged = true;
            return ExpectationTraits.KeptBack;
        }

        if (_unacknowledged)
        {
            Acknowledge(replacement);
        }

        return ExpectationTraits.None;
    }

    private void Acknowledge(IBufferWriter<byte> replacement)
    {
        _unacknowledged = false;
        _commands++;
        Flush();
        _ledger.Expect(new Expectation(ExpectationKind.Acknowledgement));
        WriteWait(replacement, cache.Route.Failover.QuorumTimeoutMs);
    }

    private void ExpectPlain(ExpectationTraits traits)
    {
        if (traits != _plainTraits)
        {
            Flush();
            _plainTraits = traits;
        }

        _plain++;
    }

    private void ExpectQueued()
    {
        if (Transaction is { } transaction)
        {
            Flush();
            _ledger.Expect(new Expectation(ExpectationKind.Refusable, Payload: transaction.Queued, Traits: ExpectationTraits.Queued));
        }
        else
        {
            ExpectPlain(ExpectationTraits.Queued);
        }
    }

    private bool TurnsOpaque(CommandKind kind, in CommandView command) => kind switch
    {
        CommandKind.Monitor => true,
        CommandKind.Script => Ascii.EqualsIgnoreCase(command.Subcommand, "DEBUG"u8),
        CommandKind.Hello or CommandKind.Subscribe or CommandKind.PatternSubscribe or CommandKind.ShardSubscribe
            or CommandKind.Unsubscribe or CommandKind.PatternUnsubscribe or CommandKind.ShardUnsubscribe =>
            state.InTransaction || _mode != ReplyMode.On,
        // In RESP2's subscribed mode CLIENT fails, so whether replies are still on depends on replies that are under way.
        CommandKind.Client => (state.InTransaction || _subscribed) && cache.Effects.HasReplyModes && Ascii.EqualsIgnoreCase(command.Subcommand, "REPLY"u8),
        CommandKind.Reset => cache.Effects.HasReset && _mode == ReplyMode.SkipNext,
        _ => false,
    };

    private Admission AdmitSpecial(CommandKind kind, in CommandView command, bool isWhole, bool silent, IBufferWriter<byte> replacement)
    {
        switch (kind)
        {
            case CommandKind.Blocked:
                return Block(command, silent, replacement);
            case CommandKind.BlockedUnlessReading when command.Count > 1 && !CommandTable.IsReadingClusterSubcommand(command.Subcommand):
                return Block(command, silent, replacement);
            case CommandKind.BlockedUnlessReading when cache.Cluster is not null && !silent && !state.InTransaction
                && TopologyEditor.IsFor(Encoding.Latin1.GetString(command.Subcommand).ToUpperInvariant()):
                Expect(new Expectation(ExpectationKind.Edited, Payload: new TopologyEditor(session.Redirects.Find)));
                return Admission.Forward;
            case CommandKind.Hostile:
                return Admission.Hang;
            case CommandKind.Auth when command.Count is 2 or 3:
                return AdmitAuth(command, silent, replacement);
            case CommandKind.Hello:
                return AdmitHello(command, isWhole, replacement);
            case CommandKind.Quit:
                if (silent)
                {
                    return Admission.ForwardAndEnd; // An engine that has nothing to answer may forget to close.
                }

                Expect(new Expectation(ExpectationKind.Quit));
                return Admission.ForwardLast;
            case CommandKind.Reset when command.Count == 1 && cache.Effects.HasReset:
                Expect(new Expectation(ExpectationKind.Reset));
                return Admission.ForwardLast;
            case CommandKind.Multi when command.Count == 1:
                Transaction = state.InTransaction || silent || !session.IsRouted ? Transaction : new RoutedTransaction();
                state.BeginTransaction();
                break;
            case CommandKind.Exec when command.Count == 1 && !silent && state is { InTransaction: true, WatchLost: false }:
                var watched = state.Watching ? ExpectationTraits.Watched : ExpectationTraits.None;
                var keptBack = _quorum ? ExpectationTraits.KeptBack : ExpectationTraits.None;
                _unacknowledged = _quorum;
                if (session.IsRouted && Transaction is { } transaction)
                {
                    transaction.Close(state);
                    Flush();
                    _ledger.Expect(new Expectation(ExpectationKind.Refusable, Payload: transaction, Traits: ExpectationTraits.Queued | watched | keptBack));
                    state.EndTransaction();
                    return Admission.ForwardTransaction;
                }

                ExpectPlain(ExpectationTraits.Queued | watched | keptBack);
                state.EndTransaction();
                return Admission.Forward;
            case CommandKind.Exec when command.Count == 1 && state is { InTransaction: true, WatchLost: true }:
                state.EndTransaction();
                ExpectUnless(silent, new Expectation(ExpectationKind.Substitute, Payload: Replies.Null(settings.Protocol)));
                replacement.Write(DiscardCommand);
                return Admission.Replace;
            case CommandKind.Exec or CommandKind.Discard when command.Count == 1:
                state.EndTransaction();
                break;
            case CommandKind.Watch:
                state.Watching = true;
                break;
            case CommandKind.Unwatch when !state.InTransaction:
                state.Unwatch();
                break;
            case CommandKind.Blocking when !silent && !state.InTransaction && BlockingCommand.TryRead(command, session.Clock.GetTimestamp()) is { } blocking:
                Expect(new Expectation(ExpectationKind.Blocking, Payload: blocking, Traits: _quorum ? AdmitToQuorum(command, replacement) : default));
                return Admission.ForwardAndAwait;
            case CommandKind.Blocking when !silent && !state.InTransaction && _quorum:
                ExpectPlain(AdmitToQuorum(command, replacement));
                return Admission.Forward;
            case CommandKind.Subscribe or CommandKind.PatternSubscribe or CommandKind.ShardSubscribe when command.Count > 1:
            case CommandKind.Unsubscribe or CommandKind.PatternUnsubscribe or CommandKind.ShardUnsubscribe:
                NoteSubscription(kind, command);
                Expect(new Expectation(ExpectationKind.Confirmations, command.Count - 1, SubscriptionOf(kind)));
                return Admission.Forward;
            case CommandKind.Client when MaintenanceCommand.IsMeant(command):
                return AdmitMaintenance(command, silent, replacement);
            case CommandKind.Publish:
                return Answer(Replies.ChannelIsReserved.ToArray(), silent, replacement);
            case CommandKind.Info when !silent && !state.InTransaction:
                Expect(new Expectation(ExpectationKind.Edited, Payload: new InfoEditor(cache)));
                return Admission.Forward;
            case CommandKind.Client when isWhole && Ascii.EqualsIgnoreCase(command.Subcommand, "KILL"u8):
                return AdmitKill(command, silent, replacement);
            case CommandKind.Client when isWhole && !silent && !state.InTransaction && EditorOf(command) is { } editor:
                Expect(new Expectation(ExpectationKind.Edited, Payload: editor));
                return Admission.Forward;
            case CommandKind.Client:
                AdmitClient(command, silent);
                return Admission.Forward;
            case CommandKind.Select when command.Count == 2:
                AdmitSelect(command, silent);
                return Admission.Forward;
            case CommandKind.ReadOnly when command.Count == 1 && !silent && !state.InTransaction:
                byte[] allowed = command.Name.Length == "READONLY".Length ? [1] : [];
                Expect(new Expectation(ExpectationKind.Setting, Payload: new SettingChange(ClientSetting.ReadOnly, allowed)));
                return Admission.Forward;
            case CommandKind.ReadOnly:
                state.Stick();
                break;
            default:
                break;
        }

        ExpectUnless(silent, new Expectation(ExpectationKind.Replies));
        return Admission.Forward;
    }

    private Admission Block(in CommandView command, bool silent, IBufferWriter<byte> replacement)
    {
        session.Counters.CommandBlocked();
        return Answer(Replies.UnknownCommand(command), silent, replacement);
    }

    private Admission Answer(byte[] reply, bool silent, IBufferWriter<byte> replacement)
    {
        ExpectUnless(silent, new Expectation(ExpectationKind.StandIn, Payload: reply));
        replacement.Write(StandIn);
        return Admission.Replace;
    }

    private void ExpectUnless(bool silent, in Expectation expectation)
    {
        if (!silent)
        {
            Expect(expectation);
        }
    }

    private void Expect(in Expectation expectation)
    {
        if (_queued && state.InTransaction && expectation is { Kind: ExpectationKind.Replies, Traits: ExpectationTraits.None })
        {
            ExpectQueued();
            return;
        }

        var traits = _queued ? expectation.Traits | ExpectationTraits.Queued : expectation.Traits;
        if (expectation.Kind == ExpectationKind.Replies)
        {
            ExpectPlain(traits);
            return;
        }

        Flush();
        _ledger.Expect(expectation with { Traits = traits });
    }

    private void Queue(in CommandView command, bool isWhole) => state.Queue(isWhole ? command.Bytes : default);

    private void NoteSubscription(CommandKind kind, in CommandView command)
    {
        _subscribed = true;
        if (command.TryReadAll() is not { } arguments)
        {
            state.Stick();
        }
        else if (kind is CommandKind.Subscribe or CommandKind.PatternSubscribe or CommandKind.ShardSubscribe)
        {
            state.Subscriptions.Add(SubscriptionOf(kind), arguments);
        }
        else
        {
            state.Subscriptions.Remove(SubscriptionOf(kind), arguments);
        }
    }

    private static SubscriptionKind SubscriptionOf(CommandKind kind) => kind switch
    {
        CommandKind.PatternSubscribe or CommandKind.PatternUnsubscribe => SubscriptionKind.Pattern,
        CommandKind.ShardSubscribe or CommandKind.ShardUnsubscribe => SubscriptionKind.Shard,
        _ => SubscriptionKind.Channel,
    };
}
