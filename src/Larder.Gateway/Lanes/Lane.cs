using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Larder.Gateway.Commands;
using Larder.Gateway.Routing;
using Larder.Gateway.Sessions;
using Larder.Gateway.Transport;
using Larder.Model.Specs;
using Larder.Resp.Replies;
using Microsoft.Extensions.Logging;

namespace Larder.Gateway.Lanes;

/// <summary>
/// One engine connection for many clients: their commands go there in one order, and the replies come back in it. What needs a connection of its own
/// never comes here (<see cref="SharedSession"/>).
/// </summary>
/// <remarks>
/// <code>
///   client A --GET a--+                                            +--&gt; A: $1 a
///   client B --SET b--+--&gt; queue: [A GET a][B SET b][A GET c] --+  +--&gt; B: +OK
///   client A --GET c--+    journal: *2..GET a*3..SET b*2..GET c |  +--&gt; A: $1 c
///                                     one write a turn ---------+--&gt; engine --one read a turn
/// </code>
/// When the engine connection is lost, what was not sent, and what only reads, stays in the queue for the next primary; a write that may have been
/// executed is answered by the gateway, in its turn. Everything runs on the lane's event loop, except where it says otherwise.
/// </remarks>
[SuppressMessage("Reliability", "CA1001", Justification = "The link is closed with the lane.")]
internal sealed partial class Lane : ILoopTask
{
    /// <summary>So much may wait to be sent before clients must wait.</summary>
    private const int MaxUnsentBytes = 1 << 20;

    /// <summary>A reply that has not all come is kept until it is larger.</summary>
    private const int MaxKeptReplyBytes = 1 << 20;

    /// <summary>So much memory for replies stays while there is none.</summary>
    private const int MaxIdleBytes = 64 * 1024;

    private static readonly TimeSpan LinkTimeout = TimeSpan.FromSeconds(2);

    /// <summary>How long an engine that does not execute commands is left alone before it is asked again.</summary>
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(10);

    private readonly CacheRuntime _cache;
    private readonly SessionServices _services;
    private readonly int _protocol;
    private readonly string? _user;
    private readonly EngineAim _aim;
    private readonly Lock _gate = new();
    private readonly LaneQueue _queue = new();
    private readonly LaneJournal _journal = new();
    private readonly RespReplyScanner _scanner = new();
    private readonly List<SharedSession> _touched = [];
    private readonly List<SharedSession> _waiting = [];
    private readonly List<TaskCompletionSource> _preparing = [];
    private ArrayBufferWriter<byte> _withheld = new(256);
    private LaneLink? _link;
    private long _planned;
    private long _answered;
    private bool _deferred;
    private bool _opening;
    private bool _pulsing;
    private bool _withholding;
    private bool _closed;
    private bool _startedFrame;
    private long? _blockedSince;
    private long? _notExecutedSince;
    private long _leftAt;
    private LaneRetreat? _retreat;
    private volatile byte[]? _greeting;

    /// <summary>Makes a lane; it connects when it is needed.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="loop">The loop that it belongs to.</param>
    /// <param name="protocol">2 or 3.</param>
    /// <param name="user">The engine user of its clients; <c>null</c> for <c>default</c>.</param>
    /// <param name="aim">Which engine.</param>
    /// <param name="services">What sessions share.</param>
    public Lane(CacheRuntime cache, EventLoop loop, int protocol, string? user, EngineAim aim, SessionServices services)
    {
        (_cache, Loop, _protocol, _user, _aim, _services) = (cache, loop, protocol, user, aim, services);
    }

    /// <summary>The loop that it belongs to.</summary>
    public EventLoop Loop { get; }

    /// <summary>What the engine answered to HELLO in this lane's protocol; <c>null</c> before the first connection. Thread-safe.</summary>
    public byte[]? Greeting => _greeting;

    /// <summary>Whether clients should wait before they give more.</summary>
    public bool IsFull => _journal.Appended - _journal.Written > MaxUnsentBytes;

    /// <summary>Whether a session has got the beginning of a reply and not its rest.</summary>
    /// <param name="session">The session.</param>
    public bool IsInsideReplyOf(SharedSession session) => _startedFrame && ReferenceEquals(_queue.Head.Session, session);

    /// <summary>Whether nothing is at an engine that is not answered. Thread-safe.</summary>
    public bool IsQuiet
    {
        get
        {
            lock (_gate)
            {
                return _planned == _answered;
            }
        }
    }

    /// <summary>Adds a command.</summary>
    /// <param name="session">Whose it is.</param>
    /// <param name="command">Its bytes; at most <see cref="LaneJournal.MaxCommandBytes"/>.</param>
    /// <param name="shared">Which it is.</param>
    public void Give(SharedSession session, ReadOnlySpan<byte> command, SharedCommand shared)
    {
        _queue.Add(new LaneEntry(session, _journal.Append(command), command.Length, shared.Effect == CommandEffect.Reads, IsInfo: shared.IsInfo));
        if (!_deferred)
        {
            _deferred = true;
            Loop.Defer(this);
        }
    }

    /// <summary>Adds a reply of the gateway itself behind what the session has under way.</summary>
    /// <param name="session">Whose it is.</param>
    /// <param name="reply">The reply.</param>
    public void Answer(SharedSession session, byte[] reply) => _queue.Add(new LaneEntry(session, _journal.Appended, 0, Reads: true, reply));

    /// <summary>Has a session called when the lane is not full any more.</summary>
    /// <param name="session">The session.</param>
    public void WaitForRoom(SharedSession session) => _waiting.Add(session);

    /// <summary>Has it connect although nothing waits to be sent. Thread-safe.</summary>
    /// <returns>Completes when the attempt has ended, whatever came of it; never fails.</returns>
    public Task PrepareAsync()
    {
        var prepared = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Loop.Post(new Call(this, lane =>
        {
            lane.Open();
            if (lane._opening)
            {
                lane._preparing.Add(prepared);
            }
            else
            {
                prepared.SetResult();
            }
        }));
        return prepared.Task;
    }

    /// <summary>The route has changed, or commands may go again. Thread-safe.</summary>
    public void Look() => Loop.Post(new Call(this, static lane => lane.LookAgain()));

    /// <summary>Ends it. Thread-safe; nobody gives it commands any more.</summary>
    public void Close() => Loop.Post(new Call(this, static lane =>
    {
        lane._closed = true;
        lane._link?.Close();
    }));

    /// <summary>Sends what was given in this turn.</summary>
    public void Run()
    {
        _deferred = false;
        Send();
    }

    private FailoverSpec Policy => _cache.Route.Failover;

    /// <summary>Sends what may be sent. What was once planned is sent also when the cache is held meanwhile: a part of a command can be under way.</summary>
    private void Send()
    {
        if (!TryPlan())
        {
            return;
        }

        while (_link is { } link && _journal.Written < _planned)
        {
            var count = link.Write(_journal.Unwritten(_planned));
            if (count < 0)
            {
                LoseLink();
                return;
            }

            if (count == 0)
            {
                link.WaitForRoom(true);
                return;
            }

            _journal.NoteWritten(count);
            if (_journal.Written == _planned && !TryPlan())
            {
                return;
            }
        }
    }

    /// <summary>Decides what may be sent now: all there is, where the way to the primary is open.</summary>
    /// <returns>False where nothing is to be sent.</returns>
    private bool TryPlan()
    {
        if (_journal.Written < _planned)
        {
            return true;
        }

        if (_journal.Appended == _planned)
        {
            _blockedSince = IsQuiet ? null : _blockedSince;
            return false;
        }

        var primary = _cache.FindFresh(_aim);
        var leads = primary is not null && _retreat is null && _link is { } link && link.LeadsTo(primary);
        lock (_gate)
        {
            if (leads && !_cache.IsHeld(_aim))
            {
                _planned = _journal.Appended;
                _blockedSince = null;
                return true;
            }
        }

        _blockedSince ??= _services.Clock.GetTimestamp();
        if (!leads && _retreat is null)
        {
            Open();
        }

        PulseOnce();
        return false;
    }

    private void LookAgain()
    {
        if (_closed)
        {
            return;
        }

        if (_link is { } link && _cache.Find(_aim) is { } primary && !link.LeadsTo(primary))
        {
            if (IsQuiet)
            {
                Leave();
            }
            else
            {
                LoseLink(); // What is under way there is made good.
            }
        }

        if (_cache.Find(_aim) is null && !IsQuiet)
        {
            // An engine that stays silent is waited for as long as another primary is.
            _blockedSince ??= _services.Clock.GetTimestamp();
            PulseOnce();
        }

        Send();
        if (_blockedSince is { } since && _services.Clock.GetElapsedTime(since) >= (_opening ? _cache.HoldLimit + LinkTimeout : _cache.HoldLimit))
        {
            GiveUp();
        }
    }

    /// <summary>Commands have waited for a primary for as long as they may.</summary>
    private void GiveUp()
    {
        _services.Counters.HoldExpired();
        var entries = _queue.TakeAll();
        _blockedSince = _notExecutedSince = null;
        foreach (var session in entries.Select(entry => entry.Session).Distinct())
        {
            session.Drop(CloseReason.NoPrimary);
        }

        Restart();
    }

    private void HasRoom()
    {
        _link?.WaitForRoom(false);
        Send();
        LetOthersIn();
    }

    private void LetOthersIn()
    {
        if (_waiting.Count > 0 && !IsFull)
        {
            var sessions = _waiting.ToArray();
            _waiting.Clear();
            foreach (var session in sessions)
            {
                session.Resume();
            }
        }
    }

    /// <summary>The link is gone with what was under way there.</summary>
    private void LoseLink()
    {
        var written = _journal.Written;
        var retreat = _retreat ?? new LaneRetreat();
        var (started, first) = (_startedFrame, true);
        foreach (var entry in _queue.TakeAll())
        {
            if (entry.Reply is not null)
            {
                retreat.Keep(entry, null);
            }
            else if (first && started)
            {
                entry.Session.Drop(CloseReason.EngineClosed); // It has got the beginning of a reply whose rest will not come.
            }
            else if (entry.End > written || (entry.Reads && Policy.RetryReads))
            {
                retreat.Keep(entry, _journal.Copy(entry));
                _services.Counters.Repeated(entry.End > written ? 0 : 1);
            }
            else if (Policy.UncertainWrites == UncertainWrites.Close)
            {
                entry.Session.Drop(CloseReason.EngineClosed);
            }
            else
            {
                _services.Counters.Uncertain(1);
                retreat.Keep(entry with { Reply = Replies.Uncertain.ToArray() }, null);
            }

            first = false;
        }

        _retreat = null;
        Begin(retreat);
    }

    /// <summary>Everything that an engine without use had under way is answered: what it did not execute is for the next one.</summary>
    private void CompleteRetreat()
    {
        var retreat = _retreat!;
        _retreat = null;
        foreach (var entry in _queue.TakeAll())
        {
            retreat.Keep(entry, entry.Reply is null ? _journal.Copy(entry) : null);
        }

        Begin(retreat);
    }

    /// <summary>Begins anew with what is still to be done, in its order.</summary>
    private void Begin(LaneRetreat retreat)
    {
        Restart();
        foreach (var (entry, command) in retreat.Kept)
        {
            if (entry.Session.IsDropped)
            {
                continue;
            }

            _queue.Add(command is null
                ? entry with { Start = _journal.Appended, Length = 0 }
                : entry with { Start = _journal.Append(command) });
        }

        GiveAnswers(_answered);
        foreach (var session in _touched)
        {
            session.Flush();
        }

        _touched.Clear();
        _services.Counters.Moved();
        Send();
        LetOthersIn();
    }

    private void Restart()
    {
        Leave();
        _journal.Clear();
        _scanner.Reset();
        ForgetWithheld();
        _withholding = _startedFrame = false;
        lock (_gate)
        {
            _planned = _answered = _journal.Appended;
        }
    }

    private void Leave()
    {
        _link?.Close();
        _link = null;
        _leftAt = _services.Clock.GetTimestamp();
    }

    private void PulseOnce()
    {
        if (!_pulsing)
        {
            _pulsing = true;
            _ = PulseAsync();
        }
    }

    private async Task PulseAsync()
    {
        await _cache.PulseAsync();
        Loop.Post(new Call(this, static lane =>
        {
            lane._pulsing = false;
            lane.LookAgain();
        }));
    }

    /// <summary>Work for the lane on its loop.</summary>
    private sealed class Call(Lane lane, Action<Lane> action) : ILoopTask
    {
        public void Run() => action(lane);
    }

    private static partial class Log
    {
        [LoggerMessage(5400, LogLevel.Debug, "{Cache}: node {Node} of epoch {Epoch} cannot be reached: {Problem}")]
        public static partial void EngineUnreachable(ILogger logger, string cache, int node, long epoch, string problem);

        [LoggerMessage(5401, LogLevel.Error, "{Cache}: node {Node} sent something that no command asked for; what was under way there is made good.")]
        public static partial void UnexpectedReply(ILogger logger, string cache, int node);
    }
}
