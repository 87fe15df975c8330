using System.Collections.Immutable;
using Larder.Model.Specs;
using Larder.Model.Status;

namespace Larder.Management.Contracts;

/// <summary>One cache as management shows it: the contract of <c>larder show --output json</c>.</summary>
public sealed record CacheView
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its state.</summary>
    public required CacheState State { get; init; }

    /// <summary>Why it is in that state; empty where nothing is to say.</summary>
    public required string Message { get; init; }

    /// <summary>The engine in use (<c>redis</c>, <c>valkey</c>, <c>garnet</c>), or <c>null</c> before one is chosen.</summary>
    public required string? Engine { get; init; }

    /// <summary>The engine's version, or <c>null</c> before one is chosen.</summary>
    public required string? Version { get; init; }

    /// <summary>Where clients connect.</summary>
    public required EndpointView Endpoint { get; init; }

    /// <summary>Its shards.</summary>
    public required ImmutableArray<ShardView> Shards { get; init; }

    /// <summary>The memory limit of each node, bytes.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>The most client connections.</summary>
    public required int MaxClients { get; init; }

    /// <summary>What its engine lacks against Redis; one sentence each.</summary>
    public required ImmutableArray<string> Limitations { get; init; }

    /// <summary>What endangers data or backups while the cache serves, and what to do; one sentence each.</summary>
    public ImmutableArray<string> Alarms { get; init; } = [];

    /// <summary>Where its backups stand; <c>null</c> where none are taken at an interval and there was none.</summary>
    public BackupStatus? Backup { get; init; }

    /// <summary>The change of the number of shards that is under way, or <c>null</c>.</summary>
    public ScalingStatus? Scaling { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The spec in use, complete.</summary>
    public required CacheSpec Spec { get; init; }

    /// <summary>The newest operation on it.</summary>
    public required string OperationId { get; init; }
}
