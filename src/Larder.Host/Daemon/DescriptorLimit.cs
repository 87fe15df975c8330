using System.Runtime.InteropServices;

namespace Larder.Host.Daemon;

/// <summary>
/// Raises the limit of open descriptors to what the system allows: the gateway and each engine need one for every client, and engines
/// inherit the daemon's limit.
/// </summary>
internal static partial class DescriptorLimit
{
    private const int OpenFiles = 7; // RLIMIT_NOFILE

    /// <summary>Raises the soft limit to the hard one.</summary>
    /// <returns>The limit now.</returns>
    public static ulong Raise()
    {
        if (GetLimit(OpenFiles, out var limit) != 0)
        {
            throw new DaemonStartException(
                "limit_unknown", $"The limit of open files cannot be read: {Marshal.GetLastPInvokeErrorMessage()}.", [], refused: false);
        }

        var raised = limit with { Soft = limit.Hard };
        return limit.Soft >= limit.Hard || SetLimit(OpenFiles, in raised) != 0 ? limit.Soft : raised.Soft;
    }

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    private static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int SetLimit(int resource, in Limit limit);

    [StructLayout(LayoutKind.Sequential)]
    private record struct Limit(ulong Soft, ulong Hard);
}
