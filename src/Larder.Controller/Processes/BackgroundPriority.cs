using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Larder.Controller.Processes;

/// <summary>
/// Lets processes that work on snapshots and logs give way to those that serve: they take what the processors have left, and a small share where nothing
/// is left. What cannot be lowered runs as it is.
/// </summary>
internal static class BackgroundPriority
{
    private const string SessionNice = "10";

    /// <summary>Lowers a process.</summary>
    /// <param name="pid">The process; may have ended.</param>
    public static void Lower(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            process.PriorityClass = ProcessPriorityClass.BelowNormal;
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or Win32Exception)
        {
            // It has ended, or is not ours: then there is nothing to lower.
        }
    }

    /// <summary>Has a process run only where nobody else would, or not so any more. On a machine that is never idle it would not get to its end.</summary>
    /// <param name="pid">The process; may have ended.</param>
    /// <param name="idle">Whether.</param>
    public static void SetIdle(int pid, bool idle) => _ = LinuxCalls.SetScheduler(pid, idle ? LinuxCalls.IdlePolicy : LinuxCalls.UsualPolicy, 0);

    /// <summary>
    /// Lowers a process that is alone in its session, and the session: where the kernel divides the processors among sessions first, a process's own
    /// priority counts within its session only.
    /// </summary>
    /// <param name="pid">The process; may have ended.</param>
    public static void LowerSession(int pid)
    {
        Lower(pid);
        try
        {
            File.WriteAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/autogroup"), SessionNice);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The kernel does not divide so, or allows such a change only now and then.
        }
    }

    /// <summary>Lowers the children that a process has forked: an engine's child writes a snapshot, or rewrites a log.</summary>
    /// <param name="pid">The process; may have ended.</param>
    public static void LowerChildren(int pid)
    {
        foreach (var child in PacedProcess.Children(pid))
        {
            Lower(child.Pid);
        }
    }
}
