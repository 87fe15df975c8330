using System.Runtime.InteropServices;
using Larder.Gateway.Transport.Native;
using Microsoft.Extensions.Logging;

namespace Larder.Gateway.Transport;

/// <summary>
/// Gives back what a crowd of clients has needed while it came: the collector and the C library keep it for the next crowd, which is half of what idle
/// clients seem to cost. That stops everything for some ten milliseconds, so it is done when the crowd has come and the process has little to do.
/// </summary>
/// <param name="accepted">How many connections were accepted so far.</param>
/// <param name="processorTime">What the process has used of the processors so far.</param>
/// <param name="clock">The clock.</param>
/// <param name="give">Gives the memory back.</param>
internal sealed partial class MemoryTrim(Func<long> accepted, Func<TimeSpan> processorTime, TimeProvider clock, Action give)
{
    /// <summary>Fewer connections leave too little behind.</summary>
    private const int Crowd = 500;

    /// <summary>So many that came since the last look do not keep the crowd from being over.</summary>
    private const int Latecomers = 20;

    /// <summary>What the process uses of one processor while it has little to do.</summary>
    private const double Quiet = 0.25;

    private long _givenAt = accepted();
    private long _acceptedBefore = accepted();
    private TimeSpan _usedBefore = processorTime();
    private long _lookedAt = clock.GetTimestamp();

    /// <summary>Looks whether it is time. To be called now and then, by one thread at a time.</summary>
    public void Look()
    {
        var (count, used, now) = (accepted(), processorTime(), clock.GetTimestamp());
        var isOver = count - _acceptedBefore <= Latecomers;
        var isQuiet = used - _usedBefore <= clock.GetElapsedTime(_lookedAt, now) * Quiet;
        (_acceptedBefore, _usedBefore, _lookedAt) = (count, used, now);
        if (isOver && isQuiet && count - _givenAt >= Crowd)
        {
            _givenAt = count;
            give();
        }
    }

    /// <summary>Gives back what the collector and the C library keep.</summary>
    /// <param name="logger">Is told how much it was.</param>
    public static void Give(ILogger logger)
    {
        var before = Environment.WorkingSet;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        if (NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "malloc_trim", out _))
        {
            _ = LinuxCalls.TrimMemory(0); // The GNU C library has it, others keep less.
        }

        Log.GivenBack(logger, (before - Environment.WorkingSet) / 1024);
    }

    private static partial class Log
    {
        [LoggerMessage(5301, LogLevel.Debug, "{Kilobytes} KB that many new connections had needed were given back to the system.")]
        public static partial void GivenBack(ILogger logger, long kilobytes);
    }
}
