using System.Runtime.InteropServices;

namespace Larder.Gateway.Transport.Native;

/// <summary>The system calls of the event loop. Numbers are those of Linux on every architecture that .NET runs on.</summary>
internal static unsafe partial class LinuxCalls
{
    public const uint EpollIn = 0x001;
    public const uint EpollOut = 0x004;
    public const uint EpollError = 0x008;
    public const uint EpollHangUp = 0x010;
    public const int EpollAdd = 1;
    public const int EpollRemove = 2;
    public const int EpollModify = 3;
    public const int EpollCloseOnExec = 0x80000;
    public const int EventCloseOnExec = 0x80000;
    public const int EventNonBlocking = 0x800;
    public const int DoNotWait = 0x40;
    public const int NoSignal = 0x4000;
    public const int Interrupted = 4;
    public const int TryAgain = 11;

    private const string C = "libc";

    [LibraryImport(C, EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial int CreateEpoll(int flags);

    [LibraryImport(C, EntryPoint = "epoll_ctl", SetLastError = true)]
    public static partial int ControlEpoll(int epoll, int operation, int descriptor, void* change);

    [LibraryImport(C, EntryPoint = "epoll_wait", SetLastError = true)]
    public static partial int WaitEpoll(int epoll, void* events, int most, int milliseconds);

    [LibraryImport(C, EntryPoint = "eventfd", SetLastError = true)]
    public static partial int CreateEvent(uint initial, int flags);

    [LibraryImport(C, EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int descriptor, void* buffer, nint length);

    [LibraryImport(C, EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int descriptor, void* buffer, nint length);

    [LibraryImport(C, EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(int descriptor, void* buffer, nint length, int flags);

    [LibraryImport(C, EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(int descriptor, void* buffer, nint length, int flags);

    [LibraryImport(C, EntryPoint = "malloc_trim")]
    public static partial int TrimMemory(nint kept);

    [LibraryImport(C, EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);
}
