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
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(20);

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
    /// <returns>Whether it has any.</returns>
    public static bool LowerChildren(int pid)
    {
        string children;
        try
        {
            children = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/task/{pid}/children"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended, or the kernel does not tell.
            return false;
        }

        var pids = children.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        foreach (var child in pids)
        {
            Lower(int.Parse(child, CultureInfo.InvariantCulture));
        }

        return pids.Length > 0;
    }

    /// <summary>Lowers the children that a process forks during some work, as soon as they are seen.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="work">The work; its outcome is not looked at.</param>
    /// <param name="clock">The clock.</param>
    public static async Task LowerChildrenDuringAsync(int pid, Task work, TimeProvider clock)
    {
        while (!work.IsCompleted && !LowerChildren(pid))
        {
            await Task.WhenAny(work, Task.Delay(LookInterval, clock, CancellationToken.None));
        }
    }
}
