using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Larder.Controller.Processes;

/// <summary>
/// Tells when processes end, children and others alike, without asking again and again: one thread sleeps in <c>poll</c> on a descriptor per process
/// and one that wakes it. Children are reaped one by one, never "any child", since the base class library has children of its own. Thread-safe.
/// </summary>
public sealed unsafe class ProcessExitWatcher : IDisposable
{
    private const int EventFlags = 0x80000 | 0x800; // close on exec, never block
    private readonly DescriptorHandle _wake;
    private readonly ConcurrentDictionary<ProcessIdentity, Watch> _watches = new();
    private readonly Thread _thread;
    private volatile bool _stopping;

    /// <summary>Starts the watcher's thread.</summary>
    /// <exception cref="IOException">No descriptor was left.</exception>
    public ProcessExitWatcher()
    {
        _wake = DescriptorHandle.Own(LinuxCalls.EventDescriptor(0, EventFlags), error => $"Cannot create an event descriptor: {error}.");
        _thread = new Thread(Run) { IsBackground = true, Name = "process exits" };
        _thread.Start();
    }

    /// <summary>Watches a process until it ends.</summary>
    /// <param name="identity">The process, a child or not.</param>
    /// <returns>
    /// Completes when the process has ended, at once where it had; cancelled when the watcher is disposed. Asked twice for one process that runs,
    /// it answers with the same task.
    /// </returns>
    /// <exception cref="IOException">The system cannot watch processes; the message says what it needs.</exception>
    public Task<ProcessExit> WatchAsync(ProcessIdentity identity)
    {
        ArgumentNullException.ThrowIfNull(identity);
        ObjectDisposedException.ThrowIf(_stopping, this);
        if (_watches.TryGetValue(identity, out var known))
        {
            return known.Completion.Task;
        }

        var process = identity.TryOpen();
        if (process is null)
        {
            return Task.FromResult(ProcessExit.Unknown);
        }

        var watch = new Watch(process);
        var winner = _watches.GetOrAdd(identity, watch);
        if (winner != watch)
        {
            process.Dispose();
        }
        else if (_stopping)
        {
            // The thread may have looked at the list for the last time before this entry came.
            Cancel(identity, watch);
        }
        else
        {
            Wake();
        }

        return winner.Completion.Task;
    }

    /// <summary>Stops watching. Processes live on; tasks that wait are cancelled.</summary>
    public void Dispose()
    {
        if (_stopping)
        {
            return;
        }

        _stopping = true;
        Wake();
        _thread.Join();
        foreach (var (identity, watch) in _watches)
        {
            Cancel(identity, watch);
        }

        _wake.Dispose();
    }

    private void Run()
    {
        while (!_stopping)
        {
            var watched = _watches.ToArray();
            var entries = new LinuxCalls.PollEntry[watched.Length + 1];
            entries[0] = new LinuxCalls.PollEntry { Descriptor = _wake.Number, Events = LinuxCalls.PollIn };
            for (var i = 0; i < watched.Length; i++)
            {
                entries[i + 1] = new LinuxCalls.PollEntry { Descriptor = watched[i].Value.Process.Number, Events = LinuxCalls.PollIn };
            }

            WaitForEvents(entries);
            if (entries[0].Returned != 0)
            {
                ulong count;
                _ = LinuxCalls.Read(_wake, (byte*)&count, sizeof(ulong));
            }

            for (var i = 0; i < watched.Length; i++)
            {
                if (entries[i + 1].Returned != 0)
                {
                    Finish(watched[i].Key, watched[i].Value);
                }
            }
        }
    }

    private static void WaitForEvents(LinuxCalls.PollEntry[] entries)
    {
        fixed (LinuxCalls.PollEntry* first = entries)
        {
            while (LinuxCalls.Poll(first, (nuint)entries.Length, -1) < 0)
            {
                var error = Marshal.GetLastPInvokeError();
                if (error != LinuxCalls.ErrorInterrupted)
                {
                    // Only a wrong argument or a kernel without memory leads here; a daemon blind to its engines must not go on.
                    Environment.FailFast($"Waiting for the end of {entries.Length - 1} processes failed: {LinuxCalls.ErrorText(error)}.");
                }
            }
        }
    }

    private void Finish(ProcessIdentity identity, Watch watch)
    {
        if (!_watches.TryRemove(new KeyValuePair<ProcessIdentity, Watch>(identity, watch)))
        {
            return;
        }

        var exit = ChildReaper.Reap(watch.Process);
        watch.Process.Dispose();
        watch.Completion.TrySetResult(exit);
    }

    private void Cancel(ProcessIdentity identity, Watch watch)
    {
        if (_watches.TryRemove(new KeyValuePair<ProcessIdentity, Watch>(identity, watch)))
        {
            watch.Process.Dispose();
            watch.Completion.TrySetCanceled();
        }
    }

    private void Wake()
    {
        ulong one = 1;
        _ = LinuxCalls.Write(_wake, (byte*)&one, sizeof(ulong));
    }

    private sealed class Watch(DescriptorHandle process)
    {
        public DescriptorHandle Process { get; } = process;

        public TaskCompletionSource<ProcessExit> Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
