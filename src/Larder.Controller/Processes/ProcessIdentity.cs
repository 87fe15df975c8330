using System.Runtime.InteropServices;
using System.Text.Json.Serialization;

namespace Larder.Controller.Processes;

/// <summary>
/// One process and no other, ever: a pid is used again after its process ended, but not with the same start time in the same run of the machine.
/// Stored with the node, it tells a restarted daemon whether the engine it finds is the one it left. Immutable; serialises as its three values.
/// </summary>
/// <param name="Pid">The process id.</param>
/// <param name="StartTimeTicks">Field 22 of <c>/proc/&lt;pid&gt;/stat</c>: clock ticks since boot.</param>
/// <param name="BootId">The kernel's random id of this run of the machine.</param>
public sealed record ProcessIdentity(int Pid, long StartTimeTicks, string BootId)
{
    private static readonly Lazy<string> CurrentBootId = new(() => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim());

    /// <summary>The process that has a pid now.</summary>
    /// <param name="pid">The pid.</param>
    /// <returns>Its identity, also where it has ended and is not reaped; <c>null</c> where there is none.</returns>
    public static ProcessIdentity? TryRead(int pid) =>
        ProcessStat.TryRead(pid) is { } stat ? new ProcessIdentity(pid, stat.StartTimeTicks, CurrentBootId.Value) : null;

    /// <summary>Whether it was started in this run of the machine.</summary>
    [JsonIgnore]
    public bool IsOfThisBoot => BootId == CurrentBootId.Value;

    /// <summary>Whether this very process runs: started in this run of the machine, at that time, and not ended.</summary>
    /// <returns><c>false</c> also for a process that has ended and is not reaped.</returns>
    public bool IsAlive() =>
        IsOfThisBoot
        && ProcessStat.TryRead(Pid) is { } stat
        && stat.StartTimeTicks == StartTimeTicks
        && !stat.HasEnded;

    /// <summary>Sends a signal to this very process; never to another that got its pid.</summary>
    /// <param name="signal">The signal.</param>
    /// <returns><c>false</c> where the process has ended.</returns>
    /// <exception cref="IOException">The system refuses: the process belongs to another user.</exception>
    public bool Signal(ProcessSignal signal)
    {
        using var process = TryOpen();
        if (process is null || !IsAlive())
        {
            return false;
        }

        if (LinuxCalls.PidfdSendSignal(process, (int)signal) == 0)
        {
            return true;
        }

        return Marshal.GetLastPInvokeError() == LinuxCalls.ErrorNoSuchProcess
            ? false
            : throw new IOException($"Cannot send {signal} to process {Pid}: {LinuxCalls.LastErrorText()}.");
    }

    /// <summary>Opens a descriptor of this very process, which stays bound to it after its end.</summary>
    /// <returns>The descriptor, readable once the process has ended; <c>null</c> where the process is gone.</returns>
    /// <exception cref="IOException">The system has no such descriptors (Linux before 5.4, or a sandbox that forbids them), or no more.</exception>
    internal DescriptorHandle? TryOpen()
    {
        if (BootId != CurrentBootId.Value)
        {
            return null;
        }

        var descriptor = LinuxCalls.PidfdOpen(Pid);
        if (descriptor < 0 && Marshal.GetLastPInvokeError() == LinuxCalls.ErrorNoSuchProcess)
        {
            return null;
        }

        var process = DescriptorHandle.Own(descriptor,
            error => $"Cannot open a descriptor of process {Pid}: {error}. Larder needs Linux 5.4 or newer and the system call pidfd_open.");
        // Looked at after the opening: if the start time fits now, the descriptor cannot be another process's.
        if (ProcessStat.TryRead(Pid)?.StartTimeTicks == StartTimeTicks)
        {
            return process;
        }

        process.Dispose();
        return null;
    }
}
