using System.Collections.Immutable;

namespace Larder.Store.Documents;

/// <summary>The secrets of one cache, each in the envelope of the installation's secret protector.</summary>
public sealed record SecretsDocument
{
    /// <summary>The primary access key, protected.</summary>
    public required string PrimaryKey { get; init; }

    /// <summary>Rises with each regeneration of the primary key; 1 at creation.</summary>
    public required int PrimaryGeneration { get; init; }

    /// <summary>The secondary access key, protected.</summary>
    public required string SecondaryKey { get; init; }

    /// <summary>Rises with each regeneration of the secondary key; 1 at creation.</summary>
    public required int SecondaryGeneration { get; init; }

    /// <summary>Password of the engine user that administers nodes and replicates, protected.</summary>
    public required string InternalPassword { get; init; }

    /// <summary>Password of the engine user that the gateway is, protected.</summary>
    public required string GatewayPassword { get; init; }

    /// <summary>The keys of users beyond <c>default</c>, by their names.</summary>
    public ImmutableSortedDictionary<string, UserKeys> Users { get; init; } = ImmutableSortedDictionary.Create<string, UserKeys>(StringComparer.Ordinal);
}
