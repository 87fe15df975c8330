using System.Collections.Immutable;

namespace Larder.Controller.Leadership;

/// <summary>What an election knows of the shard.</summary>
internal sealed record ElectionState
{
    /// <summary>The node that was elected last, or <c>null</c> before the first election.</summary>
    public required int? LastPrimary { get; init; }

    /// <summary>The nodes that have the newest generation of the data: the last primary and who was in sync with it. Empty before the first election.</summary>
    public required ImmutableArray<int> Newest { get; init; }

    /// <summary>Whether a process takes its data with it when it ends other than in order.</summary>
    public required bool Volatile { get; init; }

    /// <summary>Whether nodes that do not answer have been waited for long enough, where another one would do.</summary>
    public required bool PatienceOver { get; init; }

    /// <summary>Whether an operator gives up what is waited for.</summary>
    public required bool Forced { get; init; }
}
