using System.Globalization;

namespace Larder.Controller.Processes;

/// <summary>Finds the processes that have a lock's file open. Looks through <c>/proc</c>, so it is for the rare case that a lock is held.</summary>
internal static class FolderLockHolders
{
    /// <summary>The processes of this user (of all users, for root) that have the same file open.</summary>
    /// <param name="descriptor">A descriptor of this process on the lock's file; it does not count itself.</param>
    /// <returns>The holders, this process too where it has the file open a second time; may be empty.</returns>
    public static IReadOnlyList<ProcessIdentity> Find(int descriptor)
    {
        var file = LinkTarget(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{descriptor}"));
        var holders = new List<ProcessIdentity>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
            {
                continue;
            }

            var own = pid == Environment.ProcessId ? 1 : 0;
            if (CountOpen(folder, file) > own && ProcessIdentity.TryRead(pid) is { } holder)
            {
                holders.Add(holder);
            }
        }

        return holders;
    }

    private static int CountOpen(string processFolder, string? file)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(processFolder + "/fd").Count(entry => LinkTarget(entry) == file);
        }
        catch (Exception cause) when (cause is UnauthorizedAccessException or IOException)
        {
            // Another user's process, or one that ended meanwhile.
            return 0;
        }
    }

    private static string? LinkTarget(string path) => new FileInfo(path).LinkTarget;
}
