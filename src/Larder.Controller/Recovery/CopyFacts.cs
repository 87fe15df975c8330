namespace Larder.Controller.Recovery;

/// <summary>What is known of one node's data on disk.</summary>
/// <param name="Ordinal">The node.</param>
/// <param name="State">What it is good for.</param>
/// <param name="UpTo">Until when it has what was written, as far as that can be told; <c>null</c> where there is none.</param>
/// <param name="Problem">What is wrong with it; empty where nothing is.</param>
internal sealed record CopyFacts(int Ordinal, CopyState State, DateTimeOffset? UpTo, string Problem);
