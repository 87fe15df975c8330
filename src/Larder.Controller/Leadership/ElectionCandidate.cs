namespace Larder.Controller.Leadership;

/// <summary>What an election knows of one node.</summary>
internal sealed record ElectionCandidate
{
    /// <summary>The node.</summary>
    public required int Ordinal { get; init; }

    /// <summary>Whether it answered its last probe.</summary>
    public required bool Answering { get; init; }

    /// <summary>Whether it is still loading data from disk.</summary>
    public required bool Loading { get; init; }

    /// <summary>Whether it is receiving a full copy and has no complete data.</summary>
    public required bool FullSync { get; init; }

    /// <summary>
    /// Whether this very process was the primary or an in-sync replica before: it holds the shard's history in memory. A process that was
    /// started since then proves nothing.
    /// </summary>
    public required bool Continuous { get; init; }

    /// <summary>Bytes of the replication stream that it has.</summary>
    public required long Offset { get; init; }

    /// <summary>Keys that it holds.</summary>
    public required long Keys { get; init; }
}
