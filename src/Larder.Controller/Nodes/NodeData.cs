using System.Text.Json;
using Larder.Model.Events;
using Larder.Security.Files;
using Microsoft.Extensions.Logging;

namespace Larder.Controller.Nodes;

/// <summary>
/// What a node has on disk: which generation it is of, and where it goes before a sync replaces it. Used by the node's supervisor alone.
/// </summary>
/// <param name="folders">The node's folders.</param>
/// <param name="services">What it needs of the host.</param>
/// <param name="cache">The cache, for messages.</param>
/// <param name="ordinal">The node, for messages.</param>
internal sealed partial class NodeData(NodeFolders folders, NodeServices services, string cache, int ordinal)
{
    private bool _failing;

    /// <summary>The generation of what is on disk.</summary>
    /// <returns><c>null</c> where nothing proves one.</returns>
    public DataGeneration? Generation()
    {
        try
        {
            return DataGeneration.Deserialize(File.ReadAllText(folders.Generation));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            // No file, or none that can be read: then it proves nothing.
            return null;
        }
    }

    /// <summary>Whether there is data on disk that the engine loads at its next start, of a generation that is known.</summary>
    /// <param name="paths">Where the engine keeps data.</param>
    /// <param name="persistent">Whether what is on disk counts after a crash too.</param>
    /// <returns>Whether there is.</returns>
    public bool Proves(IReadOnlyList<string> paths, bool persistent) =>
        (persistent || File.Exists(folders.StoppedMark)) && paths.Any(Path.Exists) && Generation() is not null;

    /// <summary>Records the generation of the data. Where the disk does not take it, the node goes on without the proof.</summary>
    /// <param name="generation">The generation.</param>
    /// <returns>Whether it is on disk.</returns>
    public bool TryMark(DataGeneration generation)
    {
        try
        {
            OwnerOnlyFile.Write(folders.Generation, DataGeneration.Serialize(generation));
            _failing = false;
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (!_failing)
            {
                Log.NotMarked(services.Logger, cache, ordinal, folders.Generation, exception.Message);
            }

            _failing = true;
            return false;
        }
    }

    /// <summary>Before the node starts as a replica: puts aside what it has and its primary may not have, so that no sync replaces it.</summary>
    /// <param name="paths">Where the engine keeps data.</param>
    /// <param name="lossySince">The newest epoch that began without the newest generation.</param>
    /// <param name="beginsEmpty">Whether the engine must begin without data in any case.</param>
    /// <exception cref="IOException">It could not be put aside; the node must not start.</exception>
    public void MakeWay(IReadOnlyList<string> paths, long lossySince, bool beginsEmpty)
    {
        var there = paths.Where(Path.Exists).ToList();
        var generation = Generation();
        if (generation is null ? beginsEmpty && there.Count > 0 : generation.MayHaveMore(lossySince))
        {
            SetAside(there, generation);
        }
        else if (beginsEmpty)
        {
            foreach (var path in there)
            {
                Remove(path);
            }
        }
        else
        {
            return;
        }

        Remove(folders.Generation);
    }

    /// <summary>Deletes a file or a folder, if it is there.</summary>
    /// <param name="path">The path.</param>
    public static void Remove(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
        else if (File.Exists(path))
        {
            File.Delete(path);
        }
    }

    /// <summary>Moves data to the folder for it; the last lot is kept, an older one goes.</summary>
    private void SetAside(List<string> paths, DataGeneration? generation)
    {
        var was = generation is null ? "" : $" It was {(generation.Primary ? "the primary" : "in sync")} in epoch {generation.Epoch}.";
        if (paths.Count == 0)
        {
            Tell($"Node {ordinal} starts as a replica.{was} Nothing of it is on disk: what it had and no other node has is lost.");
            return;
        }

        if (Directory.Exists(folders.SetAside))
        {
            Directory.Delete(folders.SetAside, recursive: true);
        }

        OwnerOnlyFile.CreateFolder(folders.SetAside);
        foreach (var path in paths)
        {
            if (new DirectoryInfo(path).LinkTarget is { } elsewhere)
            {
                // A log in a second storage stays in it, under another name; what is set aside is the way to it.
                var aside = elsewhere + ".set-aside";
                Remove(aside);
                Directory.Move(elsewhere, aside);
                Directory.Delete(path);
                Directory.CreateSymbolicLink(Path.Combine(folders.SetAside, Path.GetFileName(path)), aside);
                continue;
            }

            // A rename within the node's folder: at once, whatever the size, and never half done.
            Directory.Move(path, Path.Combine(folders.SetAside, Path.GetFileName(path)));
        }

        Log.DataSetAside(services.Logger, cache, ordinal, folders.SetAside);
        Tell($"Node {ordinal} starts as a replica.{was} What it had on disk ({string.Join(", ", paths.Select(Path.GetFileName))}) is set aside in {folders.SetAside}.");
    }

    private void Tell(string message) => services.Events.Append(new CacheEvent(EventKind.DataSetAside, cache, message) { Node = ordinal });

    private static partial class Log
    {
        [LoggerMessage(3009, LogLevel.Information, "Node {Node} of {Cache} starts as a replica; what it had is set aside in {Folder}.")]
        public static partial void DataSetAside(ILogger logger, string cache, int node, string folder);

        [LoggerMessage(3010, LogLevel.Warning, "Node {Node} of {Cache}: {Path} cannot be written; after a restart it cannot prove how new its data is: {Problem}")]
        public static partial void NotMarked(ILogger logger, string cache, int node, string path, string problem);
    }
}
