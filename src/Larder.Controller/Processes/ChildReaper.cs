using System.Runtime.InteropServices;

namespace Larder.Controller.Processes;

/// <summary>Takes a dead child's exit status, which also lets the system forget the child.</summary>
internal static unsafe class ChildReaper
{
    private const int ExitedCode = 1; // CLD_EXITED; every other code is a signal

    /// <summary>Waits for one process to end, which it has or is about to, and reaps it if it is a child of this one.</summary>
    /// <param name="process">The process.</param>
    /// <returns>How it ended; <see cref="ProcessExit.Unknown"/> for what is no child.</returns>
    public static ProcessExit Reap(DescriptorHandle process)
    {
        LinuxCalls.WaitInfo info;
        while (LinuxCalls.WaitId(LinuxCalls.WaitByDescriptor, process, &info, LinuxCalls.WaitExited) != 0)
        {
            if (Marshal.GetLastPInvokeError() != LinuxCalls.ErrorInterrupted)
            {
                // ECHILD: its parent gets the exit code; or this process was started with children's ends ignored.
                return ProcessExit.Unknown;
            }
        }

        return info.Code == ExitedCode ? new ProcessExit(info.Status, null) : new ProcessExit(null, info.Status);
    }
}
