using System.Globalization;

namespace Larder.Controller.Processes;

/// <summary>The folder that a process works in, as the kernel tells it.</summary>
internal static class WorkingFolder
{
    private const string Deleted = " (deleted)";

    /// <summary>Whether it still has a name: one that was deleted may have been made anew, and is another one then.</summary>
    /// <param name="pid">The process.</param>
    /// <returns>False where it was deleted; true also where it cannot be told.</returns>
    public static bool IsThere(int pid)
    {
        try
        {
            return new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/cwd")).LinkTarget?.EndsWith(Deleted, StringComparison.Ordinal) != true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The process has just ended, or is not ours to look at.
            return true;
        }
    }
}
