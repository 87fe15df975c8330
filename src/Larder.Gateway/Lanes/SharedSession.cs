using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Larder.Gateway.Clusters;
using Larder.Gateway.Commands;
using Larder.Gateway.Notices;
using Larder.Gateway.Relay;
using Larder.Gateway.Routing;
using Larder.Gateway.Sessions;
using Larder.Gateway.Transport;
using Larder.Resp.Requests;

namespace Larder.Gateway.Lanes;

/// <summary>
/// A session while its commands need no engine connection of their own: gives them to a lane, and answers itself what the gateway answers. The first
/// command that does need one waits until everything before it is answered, and ends this part of the session.
/// </summary>
/// <remarks>
/// Everything runs on the connection's event loop, except <see cref="RunAsync"/> and what says otherwise. Bytes are read into the loop's buffer; only what is
/// left of a command that has not arrived whole is kept.
/// </remarks>
[SuppressMessage("Reliability", "CA1001", Justification = "The output holds memory within a turn only, at whose end it is released.")]
internal sealed partial class SharedSession(
    GatewaySession session, ClientConnection client, RespRequestScanner scanner, CacheRuntime cache, SessionSettings settings, SessionServices services)
    : ILoopObserver, ILoopTask
{
    /// <summary>So many commands may be under way at first: nobody knows yet how large the replies are.</summary>
    private const int FirstWindow = 16;

    /// <summary>So many commands may be under way at last.</summary>
    private const int MaxWindow = 4096;

    /// <summary>So many bytes of replies may wait for the client before it is not read any more.</summary>
    private const int MaxBacklogBytes = 256 * 1024;

    /// <summary>Whoever asks for replies like this reads at his own pace, which only a connection of his own can keep.</summary>
    private const int LargeReplyBytes = 32 * 1024;

    /// <summary>So many notices wait for the end of a reply; the oldest goes.</summary>
    private const int MaxUntold = 16;

    /// <summary>So many reads in a row before others have their turn.</summary>
    private const int ReadsAtOnce = 8;

    /// <summary>Who subscribes has a connection of his own.</summary>
    private static readonly NoticeAudience Nobody = new();

    private readonly List<Notice> _untold = [];
    private readonly TaskCompletionSource<SharedEnd> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly LoopConnection _connection = client.Connection;
    private Lane _lane = cache.LaneOf(client.Connection.Loop, settings.Protocol, session.Grant.User, session.Aim, services);
    private readonly OutputBatch _output = new();
    private bool _isRouted = session.IsRouted;
    private int _outstanding;
    private int _window = FirstWindow;
    private int _answered;
    private SharedEnd? _ending;
    private bool _touched;
    private bool _paused;
    private bool _waitsForRoom;
    private bool _finished;
    private bool _started;
    private byte[]? _takenBack;

    /// <summary>Whether something of it is under way. Thread-safe.</summary>
    public bool IsWaiting => Volatile.Read(ref _outstanding) > 0;

    /// <summary>Gives its redirections addresses that it can follow.</summary>
    public Redirects Redirects => session.Redirects;

    /// <summary>Whether it gets no replies any more.</summary>
    public bool IsDropped { get; private set; }

    /// <summary>Runs until the session is over or needs an engine connection of its own.</summary>
    /// <returns>Which of it.</returns>
    public Task<SharedEnd> RunAsync()
    {
        _connection.Loop.Post(this);
        return _end.Task;
    }

    /// <summary>Begins, or goes on after others had their turn.</summary>
    public void Run()
    {
        if (_started)
        {
            OnReadable();
            return;
        }

        _started = true;
        var more = _connection.Observe(this);
        TakeKept();
        if (more)
        {
            OnReadable();
        }
    }

    /// <inheritdoc/>
    public void OnReadable()
    {
        if (_finished || session.IsClosing)
        {
            return;
        }

        for (var reads = 0; _ending is null && !_paused; reads++)
        {
            if (reads == ReadsAtOnce)
            {
                _connection.Loop.Post(this);
                return;
            }

            var scratch = _connection.Loop.Scratch;
            var kept = client.Unread.Length;
            client.Unread.CopyTo(scratch);
            var count = _connection.TryRead(scratch.AsSpan(kept), out var more);
            if (count < 0)
            {
                return;
            }

            if (count == 0)
            {
                EndReading();
                return;
            }

            session.NoteActivity();
            client.Discard();
            var consumed = Process(scratch.AsSpan(0, kept + count));
            client.Keep(scratch.AsSpan(consumed, kept + count - consumed));
            FinishIfDone();
            if (!more)
            {
                return;
            }
        }
    }

    /// <inheritdoc/>
    public void OnDrained() => Resume();

    /// <summary>Goes on reading where nothing forbids it.</summary>
    public void Resume()
    {
        _waitsForRoom = false;
        if (_paused && !_finished && _ending is null && !MustPause)
        {
            _paused = false;
            _connection.Pause(false);
            TakeKept();
            _connection.Loop.Post(this); // What TLS has taken from the system already is not told of again.
        }
    }

    /// <summary>Begins the output of this turn.</summary>
    /// <param name="buffer">Where the replies lie.</param>
    /// <returns>Whether it had not begun yet.</returns>
    public bool BeginOutput(byte[] buffer)
    {
        if (_touched)
        {
            return false;
        }

        _output.Begin(buffer);
        return _touched = true;
    }

    /// <summary>Adds bytes of the buffer to the output.</summary>
    /// <param name="from">The first.</param>
    /// <param name="to">Behind the last.</param>
    public void Append(int from, int to)
    {
        if (_takenBack is null)
        {
            _output.AddRange(from, to);
        }
    }

    /// <summary>Adds a reply from elsewhere to the output.</summary>
    /// <param name="reply">The reply.</param>
    public void Append(ReadOnlySpan<byte> reply)
    {
        if (_takenBack is null)
        {
            _output.Write(reply);
        }
    }

    /// <summary>What is under way is to be given to a connection of the session's own: the replies that still come here are dropped.</summary>
    /// <param name="commands">The bytes of the commands.</param>
    public void TakeBack(byte[] commands)
    {
        if (_finished)
        {
            return;
        }

        _takenBack = commands;
        settings.NeedsOwnConnection = true;
        EndBefore();
    }

    /// <summary>A command of it is answered.</summary>
    public void NoteAnswered()
    {
        _outstanding--;
        _answered++;
    }

    /// <summary>Gives the client what this turn brought.</summary>
    public void Flush()
    {
        _touched = false;
        var replies = _output.Collected;
        if (!IsDropped && !replies.IsEmpty)
        {
            _connection.Send(replies.Span);
            session.NoteActivity();
            settings.NeedsOwnConnection |= replies.Length / Math.Max(1, _answered) >= LargeReplyBytes;
            if (_connection.BacklogBytes > session.Options.OutputLimitBytes)
            {
                session.NoteReason(CloseReason.OutputLimit);
                Finish(SharedEnd.Broken);
                _connection.Abort();
            }
        }

        _answered = 0;
        _output.Release();
        TellUntold();
        if (_outstanding == 0 && _paused)
        {
            _window = Math.Min(_window * 4, MaxWindow);
        }

        FinishIfDone();
        if (_paused && !_waitsForRoom)
        {
            Resume();
        }
    }

    /// <summary>Ends the session: a reply of it is lost.</summary>
    /// <param name="reason">Why.</param>
    public void Drop(CloseReason reason)
    {
        IsDropped = true;
        session.RequestClose(reason);
        Finish(SharedEnd.Over);
    }

    /// <summary>The session is to be closed. Thread-safe.</summary>
    public void Close() => _connection.Loop.Post(new Closing(this));

    /// <summary>Tells the client something between two replies, if it asked for such notices. Thread-safe.</summary>
    /// <param name="notice">The notice.</param>
    public void Notify(Notice notice)
    {
        if (notice.Concerns(settings.Maintenance, Nobody))
        {
            _connection.Loop.Post(new Telling(this, notice));
        }
    }

    private void Tell(Notice notice)
    {
        if (_finished)
        {
            session.Notify(notice); // Somebody else speaks to the client by now.
            return;
        }

        if (_lane.IsInsideReplyOf(this))
        {
            if (_untold.Count == MaxUntold)
            {
                _untold.RemoveAt(0);
            }

            _untold.Add(notice);
            return;
        }

        var bytes = new ArrayBufferWriter<byte>();
        notice.TryWrite(bytes, new NoticeReader(settings.Protocol, settings.Maintenance, Nobody, CanHear: false, client.LocalAddress, 0, 0));
        if (bytes.WrittenCount > 0)
        {
            _connection.Send(bytes.WrittenSpan);
        }
    }

    private void TellUntold()
    {
        if (_untold.Count > 0 && !_lane.IsInsideReplyOf(this))
        {
            var notices = _untold.ToArray();
            _untold.Clear();
            Array.ForEach(notices, Tell);
        }
    }

    // A cache that becomes a cluster while commands are under way: what comes after them waits, since its replies would overtake theirs.
    private bool MustPause => (_outstanding > 0 && _isRouted != session.IsRouted) || _outstanding >= _window || _connection.BacklogBytes > MaxBacklogBytes || _lane.IsFull;

    /// <summary>Takes what an earlier part of the session, or a pause, has left unread.</summary>
    private void TakeKept()
    {
        if (client.Unread.IsEmpty || _finished)
        {
            return;
        }

        client.Consume(Process(client.Unread));
        FinishIfDone();
    }

    /// <summary>Takes commands.</summary>
    /// <param name="bytes">What has arrived.</param>
    /// <returns>How many bytes were taken.</returns>
    private int Process(ReadOnlySpan<byte> bytes)
    {
        var position = 0;
        while (position < bytes.Length && _ending is null)
        {
            if (settings.NeedsOwnConnection)
            {
                _ending = SharedEnd.Pin;
                break;
            }

            if (MustPause)
            {
                Pause();
                break;
            }

            var rest = bytes[position..];
            var status = scanner.Scan(rest);
            if (status == RespRequestStatus.NeedMoreData)
            {
                if (rest.Length >= LaneJournal.MaxCommandBytes || scanner.Passable > LaneJournal.MaxCommandBytes)
                {
                    EndBefore();
                }

                break;
            }

            if (status == RespRequestStatus.Nothing)
            {
                position += scanner.Length;
                scanner.Next();
                continue;
            }

            if (status != RespRequestStatus.Command || scanner.Length > LaneJournal.MaxCommandBytes || !Take(rest[..scanner.Length]))
            {
                AimAt(rest);
                EndBefore(); // Inline commands and what is none are read by the one who answers them.
                break;
            }

            position += scanner.Length;
            scanner.Next();
        }

        return position;
    }

    /// <summary>The command that has been looked at is for a connection of the session's own, where it is looked at once more.</summary>
    private void EndBefore()
    {
        _ending = SharedEnd.Pin;
        scanner.Next();
    }

    /// <summary>Takes a command where it needs no engine connection of its own.</summary>
    private bool Take(ReadOnlySpan<byte> command)
    {
        var view = new CommandView(command, scanner.Arguments, scanner.ArgumentCount);
        var kind = CommandTable.Find(view.Name);
        if (kind is CommandKind.Plain or CommandKind.Info || (kind == CommandKind.Publish && !view.Subcommand.SequenceEqual(AzureEvents.Channel)))
        {
            if (cache.Effects.FindShareable(view.Name) is not { } shared)
            {
                return false;
            }

            settings.LastCommand = shared.Name;
            settings.HasSharedWrites |= shared.Effect == CommandEffect.Writes;
            if (_outstanding == 0 && _isRouted != session.IsRouted)
            {
                _isRouted = !_isRouted;
                _lane = cache.LaneOf(_connection.Loop, settings.Protocol, session.Grant.User, session.Aim, services);
            }

            if (_isRouted && cache.Cluster is { } cluster)
            {
                return TakeRouted(view, shared, cluster);
            }

            _outstanding++;
            _lane.Give(this, command, shared);
            return true;
        }

        switch (kind)
        {
            case CommandKind.Blocked:
            case CommandKind.BlockedUnlessReading when view.Count > 1 && !CommandTable.IsReadingClusterSubcommand(view.Subcommand):
                session.Counters.CommandBlocked();
                Answer(Replies.UnknownCommand(view));
                return true;
            case CommandKind.Publish:
                Answer(Replies.ChannelIsReserved.ToArray());
                return true;
            case CommandKind.Client when MaintenanceCommand.IsMeant(view):
                Answer(MaintenanceCommand.Parse(view, out var error) is { } maintenance ? maintenance.Answer(settings) : error);
                return true;
            case CommandKind.Select or CommandKind.Client when session.Grant.User is not null:
                return false; // Whether this user may is the engine's to say.
            case CommandKind.Select when view.Count == 2 && view.Subcommand.SequenceEqual("0"u8):
                Answer(Replies.Ok.ToArray());
                return true;
            case CommandKind.Client when ClientNames.TryRead(view, cache.Effects) is { } change:
                settings.Apply(change);
                Answer(Replies.Ok.ToArray());
                return true;
            default:
                return false;
        }
    }

    /// <summary>The connection of its own is to lead to the shard of the command that needs it.</summary>
    private void AimAt(ReadOnlySpan<byte> rest)
    {
        if (session.IsRouted && cache.Cluster is { } cluster
            && ShardFinder.Find(new CommandView(rest, scanner.Arguments, scanner.ArgumentCount), cache.Effects, cluster) is { } shard)
        {
            session.Shard = shard;
        }
    }

    private void Answer(byte[] reply)
    {
        if (_row.Count > 0)
        {
            _outstanding++;
            _row.Enqueue(Ticket.Of(reply));
        }
        else if (_outstanding > 0)
        {
            _outstanding++;
            _lane.Answer(this, reply);
        }
        else
        {
            _connection.Send(reply);
        }
    }

    private void Pause()
    {
        if (!_paused)
        {
            _paused = true;
            _connection.Pause(true);
        }

        if (_lane.IsFull && !_waitsForRoom)
        {
            _waitsForRoom = true;
            _lane.WaitForRoom(this);
        }
    }

    /// <summary>Nothing more comes from the client: what is under way is still answered, unless the session is to be closed.</summary>
    private void EndReading()
    {
        session.NoteReason(CloseReason.ClientClosed);
        _ending = SharedEnd.Over;
        if (session.IsClosing)
        {
            Finish(SharedEnd.Over);
        }
        else
        {
            FinishIfDone();
        }
    }

    private void FinishIfDone()
    {
        if (_ending is not { } end || _finished)
        {
            return;
        }

        if (_outstanding == 0)
        {
            Finish(end);
        }
        else
        {
            _connection.Pause(true);
        }
    }

    private void Finish(SharedEnd end)
    {
        if (_finished)
        {
            return;
        }

        _finished = true;
        IsDropped |= _outstanding > 0;
        _connection.Observe(null);
        if (!_touched)
        {
            _output.Release();
        }

        if (_takenBack is { } commands)
        {
            client.Keep([.. commands, .. client.Unread]);
        }

        _end.SetResult(end);
    }

    /// <summary>Tells a notice on the session's loop.</summary>
    private sealed class Telling(SharedSession session, Notice notice) : ILoopTask
    {
        public void Run() => session.Tell(notice);
    }

    /// <summary>Ends the session on its loop.</summary>
    private sealed class Closing(SharedSession session) : ILoopTask
    {
        public void Run() => session.Finish(SharedEnd.Over);
    }
}
