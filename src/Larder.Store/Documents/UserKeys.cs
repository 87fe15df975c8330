namespace Larder.Store.Documents;

/// <summary>The access keys of one user, each in the envelope of the installation's secret protector.</summary>
public sealed record UserKeys
{
    /// <summary>Unlike that of every other user, of one with the same name before it too.</summary>
    public required string Uid { get; init; }

    /// <summary>The primary access key, protected.</summary>
    public required string PrimaryKey { get; init; }

    /// <summary>Rises with each regeneration of the primary key; 1 at creation.</summary>
    public required int PrimaryGeneration { get; init; }

    /// <summary>The secondary access key, protected.</summary>
    public required string SecondaryKey { get; init; }

    /// <summary>Rises with each regeneration of the secondary key; 1 at creation.</summary>
    public required int SecondaryGeneration { get; init; }
}
