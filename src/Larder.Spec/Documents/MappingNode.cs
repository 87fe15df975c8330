using System.Collections.Immutable;

namespace Larder.Spec.Documents;

/// <summary>Named fields; no name occurs twice.</summary>
internal sealed class MappingNode(SourcePosition position, ImmutableArray<MappingEntry> entries) : DocumentNode(position)
{
    /// <summary>The fields in the order of the text.</summary>
    public ImmutableArray<MappingEntry> Entries { get; } = entries;

    /// <inheritdoc/>
    public override string KindName => "a mapping";

    /// <inheritdoc/>
    public override string Shown => "a mapping";

    /// <summary>A field.</summary>
    /// <param name="key">Its name.</param>
    /// <returns>The field, or <c>null</c>.</returns>
    public MappingEntry? Find(string key) => Entries.FirstOrDefault(entry => entry.Key == key);

    /// <summary>This mapping laid over another: mappings are merged field by field, everything else replaces.</summary>
    /// <param name="below">What shows through where this one has no field.</param>
    /// <returns>The merged mapping, at this one's position.</returns>
    public MappingNode Over(MappingNode below)
    {
        var own = Entries.Select(entry => entry.Value is MappingNode mapping && below.Find(entry.Key)?.Value is MappingNode under
            ? entry with { Value = mapping.Over(under) }
            : entry);
        return new MappingNode(Position, [.. own, .. below.Entries.Where(entry => Find(entry.Key) is null)]);
    }
}
