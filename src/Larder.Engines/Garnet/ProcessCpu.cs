using System.ComponentModel;
using System.Diagnostics;

namespace Larder.Engines.Garnet;

/// <summary>CPU time of a process of this machine, for engines that do not tell it themselves.</summary>
internal static class ProcessCpu
{
    /// <summary>Its CPU time so far, user and system.</summary>
    /// <param name="processId">The process.</param>
    /// <returns>The time; zero when there is no such process (any more).</returns>
    public static TimeSpan Of(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return process.TotalProcessorTime;
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException or Win32Exception)
        {
            return TimeSpan.Zero;
        }
    }
}
