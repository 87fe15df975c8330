namespace Larder.Model.Operations;

/// <summary>A long-running operation as it is stored: survives a restart of the daemon.</summary>
public sealed record OperationDocument
{
    /// <summary>Its id: lower-case hexadecimal.</summary>
    public required string Id { get; init; }

    /// <summary>What it does.</summary>
    public required OperationKind Kind { get; init; }

    /// <summary>The cache it is about.</summary>
    public required string Cache { get; init; }

    /// <summary>Where it stands.</summary>
    public required OperationState State { get; init; }

    /// <summary>0..100; never goes back.</summary>
    public int Percent { get; init; }

    /// <summary>One sentence on what is being done now.</summary>
    public string Phase { get; init; } = "";

    /// <summary>When it was accepted.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it ended, or <c>null</c>.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Why it failed, or <c>null</c>.</summary>
    public OperationError? Error { get; init; }
}
