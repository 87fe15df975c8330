namespace Larder.Controller.Nodes;

/// <summary>
/// Tells data that is not there from data that cannot be got at: a link to a storage that is not mounted, a folder that may not be read, a disk that fails.
/// What cannot be got at may be whole and must neither be counted as lost nor be replaced.
/// </summary>
internal static class DataReach
{
    /// <summary>Makes sure that what is at these paths can be got at, if there is anything.</summary>
    /// <param name="paths">The data folder, and where the engine keeps data in it.</param>
    /// <exception cref="IOException">It cannot.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static void Require(IEnumerable<string> paths)
    {
        foreach (var path in paths)
        {
            if (new FileInfo(path) is { LinkTarget: { } target } link && link.ResolveLinkTarget(returnFinalTarget: true) is var end && !Path.Exists(end?.FullName))
            {
                throw new IOException($"'{path}' is a link to '{target}', which is not there. When its disk is mounted again, the node goes on");
            }

            if (Directory.Exists(path))
            {
                using var entries = Directory.EnumerateFileSystemEntries(path).GetEnumerator();
                entries.MoveNext();
            }
        }
    }
}
