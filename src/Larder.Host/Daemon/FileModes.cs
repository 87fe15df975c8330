using System.Runtime.InteropServices;

namespace Larder.Host.Daemon;

/// <summary>Makes everything that this process and its children create owner-only unless it says otherwise.</summary>
internal static partial class FileModes
{
    private const uint GroupAndOthers = 0x3F; // 077

    /// <summary>Sets the process's file mode creation mask to 077.</summary>
    public static void CreateOwnerOnly() => _ = SetMask(GroupAndOthers);

    [LibraryImport("libc", EntryPoint = "umask")]
    private static partial uint SetMask(uint mask);
}
