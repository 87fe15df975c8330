using System.Collections.Immutable;

namespace Larder.Store.Documents;

/// <summary>A change of the number of shards that is under way.</summary>
/// <param name="OperationId">The operation that tells of it.</param>
/// <param name="From">How many shards there were.</param>
/// <param name="To">How many there are to be; <see cref="From"/> again where it is being undone.</param>
public sealed record ScalingDocument(string OperationId, int From, int To)
{
    /// <summary>When it began to move slots.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>The slots by shard before the first one moved; <c>null</c> until then.</summary>
    public ImmutableSortedDictionary<int, string>? Before { get; init; }

    /// <summary>How many slots it moves in all.</summary>
    public int Slots { get; init; }

    /// <summary>Whether it pauses: nothing further is moved until it goes on.</summary>
    public bool Paused { get; init; }

    /// <summary>Why it is being undone; empty where it is not.</summary>
    public string Fault { get; init; } = "";
}
