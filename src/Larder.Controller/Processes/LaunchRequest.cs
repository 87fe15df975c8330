namespace Larder.Controller.Processes;

/// <summary>What to start, and where.</summary>
public sealed record LaunchRequest
{
    /// <summary>The program, an absolute path.</summary>
    public required string Executable { get; init; }

    /// <summary>Its arguments, without argument zero and without a secret: every user of the machine can see them.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Environment variables to set besides the inherited ones, without a secret.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Its working directory, which must exist.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>The file its output is appended to; created (0600) when missing, with its folder (0700).</summary>
    public required string LogFile { get; init; }

    /// <summary>
    /// The lock it inherits, or <c>null</c>. After a successful start the launcher has closed this process's copy; after a failed one it is the caller's
    /// still.
    /// </summary>
    public FolderLock? Lock { get; init; }
}
