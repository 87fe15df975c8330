using System.Collections;
using System.Collections.Immutable;

namespace Larder.Backup.Snapshots;

/// <summary>What is in an RDB file, as far as it matters for giving its keys to shards.</summary>
public sealed record RdbSurvey
{
    /// <summary>The version of its form.</summary>
    public required int Version { get; init; }

    /// <summary>Keys by database; those that have expired since are among them. Databases without keys are not named.</summary>
    public required ImmutableSortedDictionary<int, long> Keys { get; init; }

    /// <summary>The hash slots that its keys are in, whatever their database.</summary>
    public required BitArray Slots { get; init; }

    /// <summary>Its libraries of functions: their code by name.</summary>
    public required ImmutableSortedDictionary<string, byte[]> Functions { get; init; }

    /// <summary>Whether a key may be in this file and in another one.</summary>
    /// <param name="other">The other one.</param>
    /// <returns>False where none can be.</returns>
    public bool MayShareKeysWith(RdbSurvey other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new BitArray(Slots).And(other.Slots).HasAnySet();
    }
}
