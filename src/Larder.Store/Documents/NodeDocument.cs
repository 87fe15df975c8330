using Larder.Model.Specs;

namespace Larder.Store.Documents;

/// <summary>Where one engine node runs and with what.</summary>
public sealed record NodeDocument
{
    /// <summary>Its ordinal in the cache.</summary>
    public required int Ordinal { get; init; }

    /// <summary>Its shard.</summary>
    public required int Shard { get; init; }

    /// <summary>The host that runs it.</summary>
    public required string Host { get; init; }

    /// <summary>The address that it replicates on.</summary>
    public required string ReplicationAddress { get; init; }

    /// <summary>The port that it replicates on.</summary>
    public required int ReplicationPort { get; init; }

    /// <summary>Of a clustered cache: the port of the engines' own talk.</summary>
    public int? BusPort { get; init; }

    /// <summary>Of a clustered cache: what the engines call the node, 40 hexadecimal digits.</summary>
    public string? EngineNodeId { get; init; }

    /// <summary>Of a clustered cache: what the engines call the node's shard, 40 hexadecimal digits.</summary>
    public string? EngineShardId { get; init; }

    /// <summary>Its engine.</summary>
    public required EngineFamily Engine { get; init; }

    /// <summary>Its engine's full version.</summary>
    public required string Version { get; init; }
}
