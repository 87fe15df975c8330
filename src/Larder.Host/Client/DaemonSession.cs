using System.Runtime.InteropServices;

namespace Larder.Host.Client;

/// <summary>The session that a process belongs to: a terminal's Ctrl-C and hang-up reach all of it.</summary>
internal static partial class DaemonSession
{
    /// <summary>Leaves the terminal: this process opens a session of its own. Does nothing where it already leads one.</summary>
    public static void LeaveTerminal() => _ = OpenSession();

    [LibraryImport("libc", EntryPoint = "setsid", SetLastError = true)]
    private static partial int OpenSession();
}
