using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Larder.Chaos.Installations;

/// <summary>Other processes, as the kernel shows them.</summary>
internal static partial class ProcessControl
{
    private const int NoSuchProcess = 3;

    /// <summary>Sends a signal.</summary>
    /// <returns>Whether the process was there.</returns>
    /// <exception cref="Win32Exception">The kernel refused.</exception>
    public static bool Signal(int pid, ProcessSignal signal)
    {
        if (Kill(pid, (int)signal) == 0)
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error == NoSuchProcess ? false : throw new Win32Exception(error);
    }

    /// <summary>Whether a process has a child at this moment; false where it is gone.</summary>
    public static bool HasChildren(int pid)
    {
        try
        {
            return Directory.GetDirectories($"/proc/{pid}/task").Any(task => File.ReadAllText(Path.Combine(task, "children")).Length > 0);
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>
    /// Whether a process runs. One that has ended, but that its parent has not asked about yet, does not: its files and sockets are closed, and the
    /// parent of a daemon takes up to seconds to ask.
    /// </summary>
    public static bool Runs(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Processes whose command line or working directory lies in a folder, with their command lines; zombies have neither.</summary>
    public static IReadOnlyDictionary<int, string> Of(string folder)
    {
        var found = new Dictionary<int, string>();
        foreach (var entry in Directory.GetDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(entry), out var pid) && IsOf(pid, folder, out var line))
            {
                found.Add(pid, line);
            }
        }

        return found;
    }

    /// <summary>Whether a process's command line or working directory lies in a folder.</summary>
    public static bool IsOf(int pid, string folder, out string line)
    {
        try
        {
            line = File.ReadAllText($"/proc/{pid}/cmdline").Replace('\0', ' ');
            var working = new FileInfo($"/proc/{pid}/cwd").LinkTarget ?? "";
            return line.Contains(folder, StringComparison.Ordinal) || working.StartsWith(folder, StringComparison.Ordinal);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It ended while we looked.
            line = "";
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}
