namespace Larder.Engines;

/// <summary>All that starting a node takes.</summary>
public sealed record LaunchPlan
{
    /// <summary>Files to write before the start, by absolute path; mode 0600, since some carry secrets.</summary>
    public required IReadOnlyDictionary<string, string> Files { get; init; }

    /// <summary>The program to execute, an absolute path.</summary>
    public required string Executable { get; init; }

    /// <summary>Its arguments, without a secret and without argument zero.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Environment variables to set besides the inherited ones, without a secret.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The working directory.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>
    /// Absolute paths of files to delete once the node has loaded its data, may be empty and may not exist: what an orderly stop left, which
    /// must not come back after a later crash.
    /// </summary>
    public IReadOnlyList<string> RemoveOnceLoaded { get; init; } = [];
}
