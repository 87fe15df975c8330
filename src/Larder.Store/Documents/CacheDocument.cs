using Larder.Model.Specs;

namespace Larder.Store.Documents;

/// <summary>The desired state of one cache, as management wrote it.</summary>
public sealed record CacheDocument
{
    /// <summary>What the user wants.</summary>
    public required CacheSpec Spec { get; init; }

    /// <summary>Rises by one with each change of <see cref="Spec"/>; 1 at creation.</summary>
    public required long Generation { get; init; }

    /// <summary>Identifies this cache among all that ever had its name; lower-case hexadecimal.</summary>
    public required string Uid { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The operation that is to bring the cache to this document.</summary>
    public required string OperationId { get; init; }

    /// <summary>Whether the cache is to be removed.</summary>
    public bool Deleting { get; init; }
}
