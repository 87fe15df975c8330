using System.Globalization;

namespace Larder.Controller.Processes;

/// <summary>How a process ended.</summary>
/// <param name="Code">Its exit code, 0..255; <c>null</c> where a signal ended it or it is unknown.</param>
/// <param name="Signal">The number of the signal that ended it; <c>null</c> where it exited by itself or it is unknown.</param>
public sealed record ProcessExit(int? Code, int? Signal)
{
    /// <summary>It has ended, but it was not a child of this process, and only a parent is told how.</summary>
    public static ProcessExit Unknown { get; } = new(null, null);

    /// <summary>The end of a sentence about the process.</summary>
    /// <returns>Such as <c>exited with code 1</c> or <c>was killed by signal 9 (SIGKILL)</c>.</returns>
    public override string ToString() => (Code, Signal) switch
    {
        ({ } code, _) => string.Create(CultureInfo.InvariantCulture, $"exited with code {code}"),
        (_, { } signal) => string.Create(CultureInfo.InvariantCulture, $"was killed by signal {signal}{NameOf(signal)}"),
        _ => "ended (how is unknown: it was started by an earlier run of Larder)",
    };

    private static string NameOf(int signal) => signal switch
    {
        1 => " (SIGHUP)",
        2 => " (SIGINT)",
        4 => " (SIGILL)",
        6 => " (SIGABRT)",
        7 => " (SIGBUS)",
        8 => " (SIGFPE)",
        9 => " (SIGKILL: by a person, or by the kernel for lack of memory)",
        11 => " (SIGSEGV)",
        13 => " (SIGPIPE)",
        15 => " (SIGTERM)",
        _ => "",
    };
}
