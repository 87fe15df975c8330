using System.Runtime.InteropServices;

namespace Larder.Host.Client;

/// <summary>Descriptors that this process inherited, such as a pipe of the caller's shell: a daemon that kept them would keep the caller waiting.</summary>
internal static partial class OpenDescriptors
{
    private const long CloseRange = 436;
    private const long CloseOnExec = 4; // CLOSE_RANGE_CLOEXEC

    /// <summary>Keeps every descriptor but the three standard ones from programs that are started from now on. Needs Linux 5.11; does nothing before.</summary>
    public static void KeepFromChildren() => _ = SystemCall(CloseRange, 3, uint.MaxValue, CloseOnExec);

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial long SystemCall(long number, long first, long last, long flags);
}
