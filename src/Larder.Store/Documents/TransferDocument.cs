using System.Collections.Immutable;
using Larder.Model.Operations;

namespace Larder.Store.Documents;

/// <summary>A backup, restore, export or import that was asked for and is not finished. Deleted when it is. Holds no credential.</summary>
public sealed record TransferDocument
{
    /// <summary>The operation that tells of it.</summary>
    public required string OperationId { get; init; }

    /// <summary>What it does.</summary>
    public required OperationKind Kind { get; init; }

    /// <summary>The storage that it reads from or writes to.</summary>
    public required string Storage { get; init; }

    /// <summary>Of an export: what the paths of its files begin with.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Of an import: the files' paths in the storage.</summary>
    public ImmutableArray<string> Files { get; init; } = [];

    /// <summary>Of a restore: the cache whose backup it is.</summary>
    public string Source { get; init; } = "";

    /// <summary>Of a restore: the backup's id.</summary>
    public string BackupId { get; init; } = "";

    /// <summary>Of a restore from a log: the second whose state is wanted, or <c>null</c>.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>Of a restore: whether data that the cache holds may be replaced.</summary>
    public bool Replace { get; init; }

    /// <summary>Whether the cache is not served until it is done, since it would begin empty.</summary>
    public bool HoldsClients { get; init; }

    /// <summary>Of a restore into a clustered cache: the shards whose data is replaced; empty: all.</summary>
    public ImmutableArray<int> Shards { get; init; } = [];

    /// <summary>Whether keys of other databases than 0 are left out, where the cache has no others, being clustered.</summary>
    public bool DropOtherDatabases { get; init; }

    /// <summary>Keys that were left out, being of other databases.</summary>
    public long Dropped { get; init; }

    /// <summary>Keys in the new data, once they are known.</summary>
    public long? Keys { get; init; }

    /// <summary>How far it has come.</summary>
    public TransferPhase Phase { get; init; }

    /// <summary>Why it is being undone; empty where it is not.</summary>
    public string Fault { get; init; } = "";
}
