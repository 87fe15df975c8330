namespace Larder.GarnetHost;

/// <summary>
/// The folder with a node's data, and the mark that it was left in order. A cache without persistence keeps its data over an orderly stop
/// only: what a killed process leaves behind is incomplete, and coming back empty is what such a cache promises.
/// </summary>
/// <param name="path">Its absolute path.</param>
internal sealed class DataFolder(string path)
{
    private static readonly string[] Contents = ["AOF", "Store", "cluster"];

    private readonly string _mark = Path.Combine(path, "left-in-order");

    /// <summary>Whether the last process wrote its data and stopped.</summary>
    public bool WasLeftInOrder => File.Exists(_mark);

    /// <summary>Removes what the last process left.</summary>
    public void Clear()
    {
        foreach (var content in Contents)
        {
            var folder = Path.Combine(path, content);
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    /// <summary>Takes the mark away: from now on a killed process leaves no mark.</summary>
    public void MarkInUse()
    {
        Directory.CreateDirectory(path);
        File.Delete(_mark);
    }

    /// <summary>Sets the mark. The data must be on disk by then.</summary>
    public void MarkLeftInOrder()
    {
        using var mark = new FileStream(_mark, FileMode.Create, FileAccess.Write);
        mark.Flush(flushToDisk: true);
    }
}
