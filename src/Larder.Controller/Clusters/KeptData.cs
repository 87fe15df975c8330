using Larder.Controller.Nodes;
using Larder.Controller.Processes;
using Larder.Security.Files;

namespace Larder.Controller.Clusters;

/// <summary>
/// What a stopped node has on disk, kept beside it until it is certain that it is not needed. What the engine never changes in place, its snapshots, gets a second
/// name; the rest, the newest part of a log, is copied.
/// </summary>
/// <param name="folders">The node's folders.</param>
/// <param name="paths">Where its engine keeps data.</param>
/// <param name="operation">The operation that it is kept for.</param>
internal sealed class KeptData(NodeFolders folders, IReadOnlyList<string> paths, string operation)
{
    private string Kept => folders.Before(operation);

    /// <summary>Keeps it; what was kept for the same operation before goes.</summary>
    public void Keep()
    {
        NodeData.Remove(Kept);
        var unfinished = Kept + ".unfinished";
        NodeData.Remove(unfinished);
        OwnerOnlyFile.CreateFolder(unfinished);
        foreach (var path in paths.Append(folders.Generation))
        {
            Copy(path, Path.Combine(unfinished, Path.GetFileName(path)));
        }

        Directory.Move(unfinished, Kept);
    }

    /// <summary>Gives the node back what was kept, if anything was. Can be begun anew until it has ended.</summary>
    public void Restore()
    {
        if (!Directory.Exists(Kept))
        {
            return;
        }

        foreach (var path in paths.Append(folders.Generation))
        {
            // The folder of a log may be a link to another disk: what it leads to stays in its place.
            if (Directory.Exists(path))
            {
                foreach (var file in Directory.EnumerateFiles(path))
                {
                    File.Delete(file);
                }
            }
            else
            {
                File.Delete(path);
            }

            Copy(Path.Combine(Kept, Path.GetFileName(path)), path);
        }

        // Without persistence, data counts only where it is known to be whole.
        OwnerOnlyFile.Write(folders.StoppedMark, "");
        Forget();
    }

    /// <summary>Deletes what was kept.</summary>
    public void Forget() => NodeData.Remove(Kept);

    private static void Copy(string from, string to)
    {
        if (Directory.Exists(from))
        {
            if (!Directory.Exists(to))
            {
                OwnerOnlyFile.CreateFolder(to);
            }

            foreach (var file in Directory.EnumerateFiles(from))
            {
                Copy(file, Path.Combine(to, Path.GetFileName(file)));
            }
        }
        else if (File.Exists(from) && !(from.EndsWith(".rdb", StringComparison.Ordinal) && TryLink(from, to)))
        {
            File.Copy(from, to);
        }
    }

    private static bool TryLink(string from, string to)
    {
        try
        {
            HardLink.Create(from, to);
            return true;
        }
        catch (IOException)
        {
            // Another file system, where a second name cannot be: it is copied.
            return false;
        }
    }
}
