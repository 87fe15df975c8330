namespace Larder.Backup.Catalogue;

/// <summary>One shard's part of a backup.</summary>
public sealed record BackupShard
{
    /// <summary>The shard's id.</summary>
    public required int Shard { get; init; }

    /// <summary>The object's path in the storage.</summary>
    public required string Path { get; init; }

    /// <summary>Bytes of the snapshot, before encryption.</summary>
    public required long Bytes { get; init; }

    /// <summary>SHA-256 of the snapshot, before encryption.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The version of the RDB form.</summary>
    public required int RdbVersion { get; init; }

    /// <summary>Keys that the node had right after it began to save; with writes going on, about what the snapshot holds.</summary>
    public required long Keys { get; init; }

    /// <summary>The node that it was taken on.</summary>
    public required int Node { get; init; }

    /// <summary>Whether that node was a replica, so that the primary had no part in it.</summary>
    public required bool TakenOnReplica { get; init; }
}
