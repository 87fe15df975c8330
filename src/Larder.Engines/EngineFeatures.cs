namespace Larder.Engines;

/// <summary>What an engine installation can do. A missing feature has a sentence in <see cref="Limitations"/> for the user.</summary>
public sealed record EngineFeatures
{
    /// <summary>Databases of an unclustered, replicated cache: 16 by default, 1 where the engine replicates only one.</summary>
    public required int Databases { get; init; }

    /// <summary>Whether it can keep snapshots (RDB) at an interval.</summary>
    public required bool Rdb { get; init; }

    /// <summary>Whether it can keep an append-only file.</summary>
    public required bool Aof { get; init; }

    /// <summary>Signal that makes the process stop in order, keeping its data: usually SIGTERM (15).</summary>
    public required int StopSignal { get; init; }

    /// <summary>
    /// Whether the memory limit of a running node can be raised. Where it cannot, a larger limit takes a start of the node with a new
    /// configuration. Default: yes.
    /// </summary>
    public bool CanRaiseMemory { get; init; } = true;

    /// <summary>
    /// Whether a running node with data can become a replica, or follow another primary. Where it cannot, it takes a start of the node. Default: yes.
    /// </summary>
    public bool FollowsInPlace { get; init; } = true;

    /// <summary>Whether a replica must begin without data of its own to be given everything by its primary.</summary>
    public bool AttachesEmpty { get; init; }

    /// <summary>Whether a replica that is being attached comes out right while clients write. Default: yes.</summary>
    public bool SyncsUnderWrites { get; init; } = true;

    /// <summary>Whether a running node can be told to take no writes for a while. Default: no.</summary>
    public bool CanPauseWrites { get; init; }

    /// <summary>Whether its nodes can be those of a clustered cache. Default: no.</summary>
    public bool Clustering { get; init; }

    /// <summary>
    /// The version of the RDB files that it writes, which is also the newest that it loads; <c>null</c> where it has none: then there are no backups,
    /// no export and no import.
    /// </summary>
    public int? RdbVersion { get; init; }

    /// <summary>Whether its log is a folder of a base and increments, so that it can lie elsewhere and its past parts can be kept. Default: no.</summary>
    public bool SplitLog { get; init; }

    /// <summary>What users of this engine must know that it lacks against Redis; one sentence each, may be empty.</summary>
    public IReadOnlyList<string> Limitations { get; init; } = [];
}
