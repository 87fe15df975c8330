namespace Larder.Backup.Snapshots;

/// <summary>What an RDB file says of itself, and what it is as a file.</summary>
public sealed record RdbFacts
{
    /// <summary>The version of its form: a Redis or Valkey loads those up to its own.</summary>
    public required int Version { get; init; }

    /// <summary>Its size in bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>SHA-256 of all of it, lower-case hexadecimal.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Whether it ends with a checksum; an engine may have been told to leave it out.</summary>
    public required bool HasChecksum { get; init; }

    /// <summary>The version of the engine that wrote it, or <c>null</c>.</summary>
    public string? WrittenBy { get; init; }

    /// <summary>When it was begun, or <c>null</c>.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>The history of its replication stream, or <c>null</c>.</summary>
    public string? ReplicationId { get; init; }

    /// <summary>Where in that history it stands, or <c>null</c>.</summary>
    public long? ReplicationOffset { get; init; }
}
