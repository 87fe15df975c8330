using System.Globalization;

namespace Larder.Controller.Processes;

/// <summary>
/// Processes that work on snapshots, stopped for some of the time: a low priority does not keep them from what is idle, and an engine's child has its engine's session, so that its
/// priority counts beside that engine alone. None stays stopped: whoever starts anew on what a killed daemon has left ends it, or lets it go on.
/// </summary>
internal static class PacedProcess
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan RunTime = TimeSpan.FromMilliseconds(10);

    // What does not get to its end in the time that nobody wants, gets its part like others from then on.
    private static readonly TimeSpan IdleTime = TimeSpan.FromMinutes(10);

    /// <summary>Paces the child that a process forks during some work, as soon as it is seen, until the work ends.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="work">The work; its outcome is not looked at.</param>
    /// <param name="spare">How much it may take.</param>
    /// <param name="clock">The clock.</param>
    public static async Task PaceChildAsync(int pid, Task work, SpareProcessors spare, TimeProvider clock)
    {
        while (!work.IsCompleted)
        {
            if (Children(pid) is { Count: > 0 } children)
            {
                await PaceAsync(children, work, spare, clock);
            }

            await Task.WhenAny(work, Task.Delay(LookInterval, clock, CancellationToken.None));
        }
    }

    /// <summary>Lets the children of a process go on that an earlier run of this program was pacing when it was killed.</summary>
    /// <param name="pid">The process; may have ended.</param>
    public static void Release(int pid)
    {
        foreach (var child in Children(pid))
        {
            child.Signal(ProcessSignal.Continue);
        }
    }

    /// <summary>The children that a process has now.</summary>
    /// <param name="pid">The process; may have ended.</param>
    /// <returns>The children; empty also where the kernel does not tell.</returns>
    internal static IReadOnlyList<ProcessIdentity> Children(int pid)
    {
        try
        {
            return [.. File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/task/{pid}/children"))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(child => ProcessIdentity.TryRead(int.Parse(child, CultureInfo.InvariantCulture)))
                .OfType<ProcessIdentity>()];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended, or the kernel does not tell.
            return [];
        }
    }

    /// <summary>Paces processes until some work ends, or they do.</summary>
    /// <param name="processes">The processes.</param>
    /// <param name="work">The work; its outcome is not looked at.</param>
    /// <param name="spare">How much they may take.</param>
    /// <param name="clock">The clock.</param>
    public static async Task PaceAsync(IReadOnlyList<ProcessIdentity> processes, Task work, SpareProcessors spare, TimeProvider clock)
    {
        var began = clock.GetTimestamp();
        var idle = true;
        try
        {
            foreach (var process in processes)
            {
                BackgroundPriority.Lower(process.Pid);
                BackgroundPriority.SetIdle(process.Pid, idle: true);
            }

            while (!work.IsCompleted && processes.Any(process => process.IsAlive()))
            {
                if (idle && clock.GetElapsedTime(began) > IdleTime)
                {
                    idle = false;
                    foreach (var process in processes)
                    {
                        BackgroundPriority.SetIdle(process.Pid, idle);
                    }
                }

                var share = spare.Share;
                if (share < 1)
                {
                    foreach (var process in processes)
                    {
                        process.Signal(ProcessSignal.Stop);
                    }

                    await Task.Delay(RunTime * (1 / share - 1), clock, CancellationToken.None);
                    foreach (var process in processes)
                    {
                        process.Signal(ProcessSignal.Continue);
                    }
                }

                await Task.WhenAny(work, Task.Delay(RunTime, clock, CancellationToken.None));
            }
        }
        finally
        {
            foreach (var process in processes)
            {
                process.Signal(ProcessSignal.Continue);
            }
        }
    }
}
