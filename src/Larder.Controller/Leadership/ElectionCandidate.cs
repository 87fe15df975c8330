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

    /// <summary>What it has, or would have when it comes back.</summary>
    public required Evidence Evidence { get; init; }

    /// <summary>The epoch that it was last in sync in; 0 where it never was, or where that is not known any more.</summary>
    public required long Epoch { get; init; }

    /// <summary>Bytes of the replication stream that it has.</summary>
    public required long Offset { get; init; }

    /// <summary>Keys that it holds.</summary>
    public required long Keys { get; init; }

    /// <summary>Whether it answers with complete data, whatever that is worth.</summary>
    public bool Ready => Answering && !Loading && !FullSync;
}
