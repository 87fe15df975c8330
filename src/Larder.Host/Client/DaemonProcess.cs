using System.Runtime.InteropServices;

namespace Larder.Host.Client;

/// <summary>One running daemon process, held by a descriptor: its end is an event, and another process that gets its pid is not mistaken for it.</summary>
internal sealed partial class DaemonProcess : IDisposable
{
    private const long PidfdOpen = 434;
    private const short Readable = 1; // POLLIN: the process has ended, reaped or not
    private readonly int _descriptor;

    private DaemonProcess(int descriptor) => _descriptor = descriptor;

    /// <summary>Opens a process.</summary>
    /// <param name="pid">Its id.</param>
    /// <returns>The process, or <c>null</c> where there is none (or the system, older than Linux 5.3, cannot watch it).</returns>
    public static DaemonProcess? TryOpen(int pid)
    {
        var descriptor = (int)SystemCall(PidfdOpen, pid, 0);
        return descriptor < 0 ? null : new DaemonProcess(descriptor);
    }

    /// <summary>Waits until it has ended.</summary>
    /// <param name="timeout">How long at most.</param>
    /// <returns>Whether it has ended.</returns>
    public Task<bool> WaitForEndAsync(TimeSpan timeout) => Task.Factory.StartNew(
        () =>
        {
            var entry = new PollEntry { Descriptor = _descriptor, Events = Readable };
            return Poll(ref entry, 1, (int)timeout.TotalMilliseconds) == 1;
        },
        CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <inheritdoc/>
    public void Dispose() => _ = Close(_descriptor);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long SystemCall(long number, long first, long second);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref PollEntry entry, ulong count, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
