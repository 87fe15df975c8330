using System.Runtime.InteropServices;

namespace Larder.Controller.Processes;

/// <summary>The native attribute and file-action objects of one <c>posix_spawn</c>.</summary>
internal sealed unsafe class SpawnSettings : IDisposable
{
    // glibc's are 336 and 80 bytes, a signal set 128; the room to spare is for other C libraries.
    private const int ObjectBytes = 1024;
    private const short ResetSignalActions = 0x04;
    private const short SetSignalMask = 0x08;
    private const short OpenSession = 0x80;

    // In glibc since 2.34. Without it the descriptors that .NET opens are closed all the same, being marked so.
    private static readonly bool CanCloseFrom =
        NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "posix_spawn_file_actions_addclosefrom_np", out _)
        || (NativeLibrary.TryLoad("libc.so.6", out var libc) && NativeLibrary.TryGetExport(libc, "posix_spawn_file_actions_addclosefrom_np", out _));

    public SpawnSettings()
    {
        Attributes = (byte*)NativeMemory.AllocZeroed(ObjectBytes);
        Actions = (byte*)NativeMemory.AllocZeroed(ObjectBytes);
        Check(LinuxCalls.AttributesInit(Attributes));
        Check(LinuxCalls.ActionsInit(Actions));
    }

    public byte* Attributes { get; private set; }

    public byte* Actions { get; private set; }

    /// <summary>A session of its own (no terminal's Ctrl-C, no hang-up), every signal at its default and none blocked: .NET ignores some.</summary>
    public void Detach()
    {
        var signals = stackalloc byte[ObjectBytes];
        Check(LinuxCalls.SignalsAll(signals));
        Check(LinuxCalls.AttributesSetDefaultSignals(Attributes, signals));
        Check(LinuxCalls.SignalsNone(signals));
        Check(LinuxCalls.AttributesSetSignalMask(Attributes, signals));
        Check(LinuxCalls.AttributesSetFlags(Attributes, ResetSignalActions | SetSignalMask | OpenSession));
    }

    /// <summary>Sets up the child's descriptors: no input, output and errors to the log, the lock as 3, and nothing else.</summary>
    /// <param name="log">This process's descriptor of the log, 10 or more.</param>
    /// <param name="folderLock">This process's descriptor of the lock, 10 or more; or <c>null</c>.</param>
    public void SetDescriptors(int log, int? folderLock)
    {
        Check(LinuxCalls.ActionsAddOpen(Actions, 0, "/dev/null", 0, 0));
        Check(LinuxCalls.ActionsAddDuplicate(Actions, log, 1));
        Check(LinuxCalls.ActionsAddDuplicate(Actions, log, 2));
        var next = FolderLock.InheritedDescriptor;
        if (folderLock is { } descriptor)
        {
            Check(LinuxCalls.ActionsAddDuplicate(Actions, descriptor, next));
            next++;
        }

        if (CanCloseFrom)
        {
            Check(LinuxCalls.ActionsAddCloseFrom(Actions, next));
        }
    }

    public void SetWorkingDirectory(string folder) => Check(LinuxCalls.ActionsAddChangeFolder(Actions, folder));

    public void Dispose()
    {
        if (Attributes is null)
        {
            return;
        }

        _ = LinuxCalls.AttributesDestroy(Attributes);
        _ = LinuxCalls.ActionsDestroy(Actions);
        NativeMemory.Free(Attributes);
        NativeMemory.Free(Actions);
        Attributes = null;
        Actions = null;
    }

    private static void Check(int error)
    {
        if (error != 0)
        {
            throw new IOException($"Cannot prepare the start of a process: {LinuxCalls.ErrorText(error)}.");
        }
    }
}
