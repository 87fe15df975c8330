namespace Larder.Controller.Processes;

/// <summary>
/// Asks a process to end, and asks again while it has not: an engine refuses to stop while it writes its log for the first time after a sync, and then forgets
/// that it was asked.
/// </summary>
internal static class OrderlyStop
{
    /// <summary>Asks until the process has ended.</summary>
    /// <param name="process">The process.</param>
    /// <param name="signal">What asks it.</param>
    /// <param name="exit">Its end.</param>
    /// <param name="again">When it is asked again.</param>
    /// <param name="limit">How long it may take in all.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>How it ended; <c>null</c> where it has not within the limit.</returns>
    public static async Task<ProcessExit?> RunAsync(
        ProcessIdentity process, ProcessSignal signal, Task<ProcessExit> exit, TimeSpan again, TimeSpan limit, TimeProvider clock, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        while (true)
        {
            process.Signal(signal);
            var left = limit - clock.GetElapsedTime(began);
            try
            {
                return await exit.WaitAsync(left < again ? left > TimeSpan.Zero ? left : TimeSpan.Zero : again, clock, cancellationToken);
            }
            catch (TimeoutException)
            {
                if (clock.GetElapsedTime(began) >= limit)
                {
                    return null;
                }
            }
        }
    }
}
