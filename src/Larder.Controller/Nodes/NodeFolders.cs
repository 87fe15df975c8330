namespace Larder.Controller.Nodes;

/// <summary>The folders and files of one node on this host.</summary>
/// <param name="Root">The node's folder.</param>
internal sealed record NodeFolders(string Root)
{
    /// <summary>The folder of its append-only log where that is not in <see cref="Data"/>, but on another disk, say; else <c>null</c>.</summary>
    public string? SecondLog { get; init; }

    /// <summary>What the node had when it last became a replica, and its primary may not have.</summary>
    public string SetAside => Path.Combine(Root, "set-aside");

    /// <summary>What the node had before its data was replaced, until it is certain that it is not needed.</summary>
    /// <param name="operation">The operation that replaces it.</param>
    /// <returns>The folder.</returns>
    public string Before(string operation) => Path.Combine(Root, "before-" + operation[..12]);

    /// <summary>
    /// Says which generation the saved data is of. It lies with the data, so that it is lost with it, and an older disk that is mounted again brings its
    /// own one along.
    /// </summary>
    public string Generation => Path.Combine(SecondLog ?? Data, "larder-generation.json");

    /// <summary>The engine's data, its working directory.</summary>
    public string Data => Path.Combine(Root, "data");

    /// <summary>Generated configuration, owner-only.</summary>
    public string Configuration => Path.Combine(Root, "conf");

    /// <summary>What the engine prints.</summary>
    public string Log => Path.Combine(Root, "log", "engine.log");

    /// <summary>The <see cref="NodeRecord"/>.</summary>
    public string Record => Path.Combine(Root, "process.json");

    /// <summary>Says that this node has stopped in order and its saved data is complete.</summary>
    public string StoppedMark => Path.Combine(Root, "stopped");

    /// <summary>Makes them, each owner-only.</summary>
    public void Create()
    {
        foreach (var folder in new[] { Root, Data, Configuration, Path.GetDirectoryName(Log)! })
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
