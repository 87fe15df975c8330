using System.Collections.Concurrent;
using System.ComponentModel;
using System.Runtime.InteropServices;
using Larder.Gateway.Transport.Native;
using Microsoft.Extensions.Logging;

namespace Larder.Gateway.Transport;

/// <summary>
/// One thread that waits for many descriptors. What completes on it goes on at once, on the same thread: a command's way from one socket to
/// another costs no change of threads.
/// </summary>
/// <remarks>
/// <code>
///   wait for descriptors --&gt; handlers, one after the other --&gt; posted work --&gt; deferred work --+
///        ^                                                                                     |
///        +-------------------------------------------------------------------------------------+
/// </code>
/// Deferred work is done once a turn, however often it was asked for: so what many clients sent in one turn leaves in one call.
/// </remarks>
internal sealed unsafe partial class EventLoop : IDisposable
{
    private const int EventsAtOnce = 256;

    /// <summary>What is read on this loop for those who need it no longer than their turn lasts.</summary>
    private const int ScratchBytes = 256 * 1024;

    private readonly ILogger _logger;
    private readonly int _epoll;
    private readonly int _wake;
    private readonly Thread _thread;
    private readonly Lock _gate = new();
    private readonly Stack<int> _free = new();
    private readonly ConcurrentQueue<ILoopTask> _posted = new();
    private readonly List<ILoopTask> _deferred = [];
    private Registration[] _registrations = new Registration[64];
    private int _used;
    private int _signalled;
    private volatile bool _stopping;
    private bool _closed;

    /// <summary>Starts a loop.</summary>
    /// <param name="name">The thread's name.</param>
    /// <param name="logger">The log.</param>
    /// <exception cref="Win32Exception">The system has no descriptors left.</exception>
    public EventLoop(string name, ILogger logger)
    {
        _logger = logger;
        _epoll = Checked(LinuxCalls.CreateEpoll(LinuxCalls.EpollCloseOnExec));
        _wake = Checked(LinuxCalls.CreateEvent(0, LinuxCalls.EventCloseOnExec | LinuxCalls.EventNonBlocking));
        Control(LinuxCalls.EpollAdd, _wake, LinuxCalls.EpollIn, -1);
        Scratch = GC.AllocateUninitializedArray<byte>(ScratchBytes, pinned: true);
        _thread = new Thread(Run) { Name = name, IsBackground = true };
        _thread.Start();
    }

    private struct Registration
    {
        public ILoopHandler? Handler;
        public int Generation;
    }

    /// <summary>A buffer for the turn of the moment. Used on the loop's thread alone.</summary>
    public byte[] Scratch { get; }

    /// <summary>Whether the caller runs on this loop.</summary>
    public bool IsCurrent => Thread.CurrentThread == _thread;

    /// <summary>Takes a handler in. Nothing is waited for yet. Thread-safe.</summary>
    /// <param name="handler">The handler.</param>
    /// <returns>What <see cref="Change"/> and <see cref="Unregister"/> know it by.</returns>
    public long Register(ILoopHandler handler)
    {
        lock (_gate)
        {
            if (!_free.TryPop(out var slot))
            {
                slot = _used++;
                if (slot == _registrations.Length)
                {
                    Array.Resize(ref _registrations, slot * 2);
                }
            }

            ref var registration = ref _registrations[slot];
            registration.Handler = handler;
            return Token(slot, registration.Generation);
        }
    }

    /// <summary>
    /// Changes what is waited for. A descriptor for which nothing is waited for is not watched at all, since errors would be told all the same, again
    /// and again. Thread-safe.
    /// </summary>
    /// <param name="descriptor">The descriptor; open, and one that does not block.</param>
    /// <param name="before">What was waited for, 0 for nothing.</param>
    /// <param name="wanted">What is waited for from now on, 0 for nothing.</param>
    /// <param name="token">What <see cref="Register"/> gave.</param>
    public void Change(int descriptor, uint before, uint wanted, long token) => Control(
        wanted == 0 ? LinuxCalls.EpollRemove : before == 0 ? LinuxCalls.EpollAdd : LinuxCalls.EpollModify, descriptor, wanted, token);

    /// <summary>Forgets a handler for whose descriptor nothing is waited for any more. Thread-safe. It may be called once more.</summary>
    /// <param name="token">What <see cref="Register"/> gave.</param>
    public void Unregister(long token)
    {
        lock (_gate)
        {
            var slot = (int)(token & int.MaxValue);
            ref var registration = ref _registrations[slot];
            registration.Handler = null;
            registration.Generation++;
            _free.Push(slot);
        }
    }

    /// <summary>Has something done on the loop's thread, soon. Thread-safe.</summary>
    /// <param name="work">The work.</param>
    public void Post(ILoopTask work)
    {
        _posted.Enqueue(work);
        if (!IsCurrent)
        {
            Signal();
        }
    }

    /// <summary>Has something done at the end of this turn. On the loop's thread alone; who asks keeps count that it is asked once.</summary>
    /// <param name="work">The work.</param>
    public void Defer(ILoopTask work) => _deferred.Add(work);

    /// <summary>Ends the thread. Nobody may be registered any more.</summary>
    public void Dispose()
    {
        _stopping = true;
        Signal();
        if (!IsCurrent)
        {
            _thread.Join();
        }

        lock (_gate)
        {
            // Whoever still has work for the loop must not write into a descriptor that is somebody else's by then.
            _closed = true;
            _ = LinuxCalls.Close(_epoll);
            _ = LinuxCalls.Close(_wake);
        }
    }

    private static long Token(int slot, int generation) => ((long)generation << 32) | (uint)slot;

    private void Run()
    {
        var events = stackalloc byte[EventsAtOnce * EpollEvent.Size];
        while (!_stopping)
        {
            var count = LinuxCalls.WaitEpoll(_epoll, events, EventsAtOnce, _posted.IsEmpty ? -1 : 0);
            for (var index = 0; index < count; index++)
            {
                var ready = new EpollEvent(events, index);
                if (ready.Data < 0)
                {
                    long drained;
                    _ = LinuxCalls.Read(_wake, &drained, sizeof(long));
                    Volatile.Write(ref _signalled, 0);
                }
                else if (Find(ready.Data) is { } handler)
                {
                    Call(handler, ready.Events);
                }
            }

            RunPosted();
            RunDeferred();
        }
    }

    private void Call(ILoopHandler handler, uint events)
    {
        try
        {
            const uint either = LinuxCalls.EpollError | LinuxCalls.EpollHangUp;
            handler.OnReady((events & (LinuxCalls.EpollIn | either)) != 0, (events & (LinuxCalls.EpollOut | either)) != 0);
        }
        catch (Exception exception)
        {
            // A defect of one connection must not end all others.
            Log.HandlerFailed(_logger, exception, handler.GetType().Name);
        }
    }

    private void RunPosted()
    {
        for (var left = _posted.Count; left > 0 && _posted.TryDequeue(out var work); left--)
        {
            Run(work);
        }
    }

    private void RunDeferred()
    {
        // What is deferred meanwhile is done in the same turn.
        for (var index = 0; index < _deferred.Count; index++)
        {
            Run(_deferred[index]);
        }

        _deferred.Clear();
    }

    private void Run(ILoopTask work)
    {
        try
        {
            work.Run();
        }
        catch (Exception exception)
        {
            Log.HandlerFailed(_logger, exception, work.GetType().Name);
        }
    }

    private ILoopHandler? Find(long token)
    {
        lock (_gate)
        {
            ref var registration = ref _registrations[(int)(token & int.MaxValue)];
            return registration.Generation == (int)(token >> 32) ? registration.Handler : null;
        }
    }

    private void Signal()
    {
        if (Interlocked.Exchange(ref _signalled, 1) == 0)
        {
            lock (_gate)
            {
                if (!_closed)
                {
                    long one = 1;
                    _ = LinuxCalls.Write(_wake, &one, sizeof(long));
                }
            }
        }
    }

    private void Control(int operation, int descriptor, uint events, long token)
    {
        var bytes = stackalloc byte[16];
        _ = new EpollEvent(bytes, 0) { Events = events, Data = token };
        lock (_gate)
        {
            if (!_closed)
            {
                Checked(LinuxCalls.ControlEpoll(_epoll, operation, descriptor, bytes));
            }
        }
    }

    private static int Checked(int result) => result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError());

    private static partial class Log
    {
        [LoggerMessage(5300, LogLevel.Error, "A {Handler} failed on its event loop.")]
        public static partial void HandlerFailed(ILogger logger, Exception exception, string handler);
    }
}
