namespace Larder.Controller.Recovery;

/// <summary>What is known of one node's data on disk.</summary>
/// <param name="Ordinal">The node.</param>
/// <param name="State">What it is good for.</param>
/// <param name="Problem">What is wrong with it; empty where nothing is.</param>
internal sealed record CopyFacts(int Ordinal, CopyState State, string Problem)
{
    /// <summary>When what its log has last was written, to the second; <c>null</c> where it has no log.</summary>
    public DateTimeOffset? LoggedUntil { get; init; }

    /// <summary>When what it has was saved, where it has a snapshot and nothing newer; else <c>null</c>.</summary>
    public DateTimeOffset? SavedAt { get; init; }
}
