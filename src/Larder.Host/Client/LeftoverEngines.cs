using System.Globalization;
using Larder.Model.Installation;

namespace Larder.Host.Client;

/// <summary>Finds engines that run on after their daemon was killed.</summary>
internal static class LeftoverEngines
{
    /// <summary>Processes that were started with a file below a home's cache folders.</summary>
    /// <param name="home">The home.</param>
    /// <returns>Their ids; may be empty. Processes of other users cannot be seen.</returns>
    public static IReadOnlyList<int> Find(LarderHome home)
    {
        var caches = Path.Combine(home.Root, "caches") + Path.DirectorySeparatorChar;
        return [.. Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0)
            .Where(pid => pid > 0 && pid != Environment.ProcessId && BelongsTo(pid, caches))];
    }

    private static bool BelongsTo(int pid, string caches)
    {
        try
        {
            // Redis writes its own title over its arguments, but stays in its data folder.
            return File.ReadAllText($"/proc/{pid}/cmdline").Split('\0').Any(argument => argument.StartsWith(caches, StringComparison.Ordinal))
                || (File.ResolveLinkTarget($"/proc/{pid}/cwd", returnFinalTarget: false)?.FullName + "/").StartsWith(caches, StringComparison.Ordinal);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended, or is another user's: not an engine of this home.
            return false;
        }
    }
}
