using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Larder.Controller.Processes;

/// <summary>The system calls of this folder that the base class library does not offer. Numbers and layouts are those of 64-bit Linux.</summary>
internal static unsafe partial class LinuxCalls
{
    public const int ErrorInterrupted = 4;
    public const int ErrorNoSuchProcess = 3;
    public const int ErrorWouldBlock = 11;
    public const int ErrorNoEntry = 2;

    public const int OpenWriteOnly = 1;
    public const int OpenReadWrite = 2;
    public const int OpenCreate = 0x40;
    public const int OpenAppend = 0x400;
    public const int OpenCloseOnExec = 0x80000;
    public const int OwnerReadWrite = 0x180;

    public const int LockExclusive = 2;
    public const int LockNoWait = 4;
    public const int LockRelease = 8;
    public const int DuplicateCloseOnExec = 1030;
    public const int CollapseRange = 8;
    public const int WaitByDescriptor = 3;
    public const int WaitExited = 4;
    public const short PollIn = 1;
    public const int PriorityOfThread = 0;

    // These two have the same number on every architecture.
    private const long PidfdSendSignalNumber = 424;
    private const long PidfdOpenNumber = 434;

    /// <summary>The message of the calling thread's last error.</summary>
    public static string LastErrorText() => ErrorText(Marshal.GetLastPInvokeError());

    public static string ErrorText(int error) => new Win32Exception(error).Message;

    public static int PidfdOpen(int pid) => (int)Syscall(PidfdOpenNumber, pid, 0, 0, 0);

    public static int PidfdSendSignal(SafeHandle process, int signal)
    {
        var added = false;
        try
        {
            process.DangerousAddRef(ref added);
            return (int)Syscall(PidfdSendSignalNumber, process.DangerousGetHandle(), signal, 0, 0);
        }
        finally
        {
            if (added)
            {
                process.DangerousRelease();
            }
        }
    }

    /// <summary>SCHED_OTHER, with the priority that it had.</summary>
    public const int UsualPolicy = 0;

    /// <summary>SCHED_IDLE: runs where nobody else would, and leaves at once.</summary>
    public const int IdlePolicy = 5;

    /// <summary>On Linux <paramref name="who"/> is a thread; 0 is the calling one.</summary>
    [LibraryImport("libc", EntryPoint = "setpriority", SetLastError = true)]
    public static partial int SetPriority(int which, uint who, int priority);

    /// <summary>Of a process, or of its one thread <paramref name="pid"/>; <paramref name="priority"/> is a <c>sched_param</c>, which is one number.</summary>
    [LibraryImport("libc", EntryPoint = "sched_setscheduler", SetLastError = true)]
    public static partial int SetScheduler(int pid, int policy, in int priority);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    public static partial int ChangeMode(DescriptorHandle descriptor, int mode);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    public static partial int Flock(DescriptorHandle descriptor, int operation);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static partial int Fcntl(int descriptor, int command, int argument);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Link(string existing, string name);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    public static partial int Truncate(DescriptorHandle descriptor, long length);

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    public static partial nint WriteAt(DescriptorHandle descriptor, byte* content, nint length, long offset);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(DescriptorHandle descriptor, byte* content, nint length);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(DescriptorHandle descriptor, byte* content, nint length);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    public static partial int Allocate(SafeFileHandle descriptor, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    public static partial int EventDescriptor(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(PollEntry* entries, nuint count, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "waitid", SetLastError = true)]
    public static partial int WaitId(int idType, DescriptorHandle process, WaitInfo* info, int options);

    [LibraryImport("libc", EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Spawn(int* pid, string path, byte* actions, byte* attributes, byte** arguments, byte** environment);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    public static partial int AttributesInit(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    public static partial int AttributesDestroy(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    public static partial int AttributesSetFlags(byte* attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    public static partial int AttributesSetDefaultSignals(byte* attributes, byte* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    public static partial int AttributesSetSignalMask(byte* attributes, byte* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    public static partial int ActionsInit(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    public static partial int ActionsDestroy(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addopen", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int ActionsAddOpen(byte* actions, int descriptor, string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    public static partial int ActionsAddDuplicate(byte* actions, int from, int to);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addchdir_np", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int ActionsAddChangeFolder(byte* actions, string path);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addclosefrom_np")]
    public static partial int ActionsAddCloseFrom(byte* actions, int firstDescriptor);

    [LibraryImport("libc", EntryPoint = "sigemptyset")]
    public static partial int SignalsNone(byte* signals);

    [LibraryImport("libc", EntryPoint = "sigfillset")]
    public static partial int SignalsAll(byte* signals);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Syscall(long number, nint first, nint second, nint third, nint fourth);

    /// <summary><c>struct pollfd</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    /// <summary>The part of <c>siginfo_t</c> that <c>waitid</c> fills; 128 bytes in all.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    internal struct WaitInfo
    {
        [FieldOffset(8)]
        public int Code;

        [FieldOffset(16)]
        public int Pid;

        [FieldOffset(24)]
        public int Status;
    }
}
