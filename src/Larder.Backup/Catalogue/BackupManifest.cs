using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Larder.Backup.Catalogue;

/// <summary>A complete backup of a cache. It is written last, so that a backup without one is none.</summary>
public sealed record BackupManifest
{
    /// <summary>The newest form that this program understands.</summary>
    public const int NewestForm = 1;

    /// <summary>The form of this document.</summary>
    public int Form { get; init; } = NewestForm;

    /// <summary>Its id; ids of one cache sort by time.</summary>
    public required string Id { get; init; }

    /// <summary>The cache's name.</summary>
    public required string Cache { get; init; }

    /// <summary>The cache's unique id: another cache of the same name, of this installation or another, has another one.</summary>
    public required string CacheUid { get; init; }

    /// <summary>The engine that wrote it, lower case.</summary>
    public required string Engine { get; init; }

    /// <summary>The engine's version.</summary>
    public required string EngineVersion { get; init; }

    /// <summary>When the snapshot was begun: what was acknowledged before is in it.</summary>
    public required DateTimeOffset TakenAt { get; init; }

    /// <summary>When all of it was in the storage and checked. The next interval counts from here.</summary>
    public required DateTimeOffset EndedAt { get; init; }

    /// <summary>Whether an engine has loaded it for a trial, beside the checks that every backup passes.</summary>
    public bool TrialLoaded { get; init; }

    /// <summary>Its shards in order.</summary>
    public required ImmutableArray<BackupShard> Shards { get; init; }

    /// <summary>Bytes of all shards.</summary>
    [JsonIgnore]
    public long Bytes => Shards.Sum(shard => shard.Bytes);

    /// <summary>Keys of all shards.</summary>
    [JsonIgnore]
    public long Keys => Shards.Sum(shard => shard.Keys);
}
