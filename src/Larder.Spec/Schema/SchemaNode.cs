using System.Collections.Immutable;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Larder.Spec.Schema;

/// <summary>One schema of the document, read into memory. Immutable once <see cref="SchemaReader"/> is done.</summary>
internal sealed record SchemaNode
{
    /// <summary>Permitted types, <c>type</c>; empty for any.</summary>
    public ImmutableArray<string> Types { get; init; } = [];

    /// <summary>Permitted values, <c>enum</c> or <c>const</c>; empty for any.</summary>
    public ImmutableArray<JsonElement> Values { get; init; } = [];

    /// <summary>Least number.</summary>
    public decimal? Minimum { get; init; }

    /// <summary>Greatest number.</summary>
    public decimal? Maximum { get; init; }

    /// <summary>Least number of characters.</summary>
    public int? MinLength { get; init; }

    /// <summary>Greatest number of characters.</summary>
    public int? MaxLength { get; init; }

    /// <summary>What a text must match.</summary>
    public Regex? Pattern { get; init; }

    /// <summary>A named rule for texts: one of <see cref="SchemaFormats"/>.</summary>
    public string? Format { get; init; }

    /// <summary>Names of fields that must be there.</summary>
    public ImmutableArray<string> Required { get; init; } = [];

    /// <summary>Fields by name, in the order of the document.</summary>
    public ImmutableArray<KeyValuePair<string, SchemaNode>> Properties { get; init; } = [];

    /// <summary>Whether fields beside <see cref="Properties"/> are permitted.</summary>
    public bool AllowsOtherFields { get; init; } = true;

    /// <summary>What fields beside <see cref="Properties"/> must be, where it matters.</summary>
    public SchemaNode? OtherFields { get; init; }

    /// <summary>What the names of fields must be, where it matters.</summary>
    public SchemaNode? FieldNames { get; init; }

    /// <summary>The greatest number of fields.</summary>
    public int? MaxFields { get; init; }

    /// <summary>The condition of <see cref="Then"/> and <see cref="Else"/>.</summary>
    public SchemaNode? If { get; init; }

    /// <summary>Holds where <see cref="If"/> does.</summary>
    public SchemaNode? Then { get; init; }

    /// <summary>Holds where <see cref="If"/> does not.</summary>
    public SchemaNode? Else { get; init; }

    /// <summary>Must not hold.</summary>
    public SchemaNode? Not { get; init; }

    /// <summary>All of these hold too.</summary>
    public ImmutableArray<SchemaNode> AllOf { get; init; } = [];

    /// <summary>The value that a missing field has.</summary>
    public JsonElement? Default { get; init; }

    /// <summary>What the field means.</summary>
    public string? Description { get; init; }

    /// <summary>In words, what is allowed.</summary>
    public string? AllowedText { get; init; }

    /// <summary>In words, why <see cref="Not"/> refuses.</summary>
    public string? RefusalText { get; init; }

    /// <summary>In words, what to do where the field is missing.</summary>
    public string? MissingText { get; init; }

    /// <summary>Whether an unquoted number counts as the text that stands in the file.</summary>
    public bool IsAsWritten { get; init; }

    /// <summary>A field's schema.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The schema, or <c>null</c>.</returns>
    public SchemaNode? Property(string name) => Properties.FirstOrDefault(property => property.Key == name).Value;
}
