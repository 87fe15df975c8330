using System.Text.Json;
using Larder.Spec.Documents;

namespace Larder.Spec.Schema;

/// <summary>
/// Holds a tree against a schema and reports every place where it does not fit. Pure; one instance for one tree.
/// <para>
/// A value of the wrong type is reported for its type alone. Conditions (<c>if</c>) are evaluated silently.
/// </para>
/// </summary>
/// <param name="root">The root schema: misplaced fields are looked up in it.</param>
/// <param name="errors">Takes the mistakes.</param>
internal sealed class SchemaEvaluator(SchemaNode root, SpecErrors errors)
{
    /// <summary>Evaluates the whole tree.</summary>
    /// <param name="node">Its root.</param>
    /// <returns>Whether it fits.</returns>
    public bool Evaluate(DocumentNode node) => Evaluate(root, node, new Place("", node.Position), errors);

    private bool Evaluate(SchemaNode schema, DocumentNode node, Place place, SpecErrors? sink)
    {
        if (!HasType(schema, node))
        {
            sink?.Add(
                SpecErrorKind.WrongType, node.Position, place.Field, TypeProblem(node), node.Shown, SchemaWords.Allowed(schema), TypeHint(schema, node));
            return false;
        }

        var fits = node switch
        {
            MappingNode mapping => EvaluateMapping(schema, mapping, place, sink),
            ScalarNode scalar => EvaluateScalar(schema, scalar, place, sink),
            _ => true,
        };
        foreach (var part in schema.AllOf)
        {
            fits &= Evaluate(part, node, place, sink);
        }

        if (schema.Not is { } not && Evaluate(not, node, place, sink: null))
        {
            sink?.Add(SpecErrorKind.NotAllowed, place.KeyPosition, place.Field, schema.RefusalText ?? "is not allowed here", node.Shown);
            fits = false;
        }

        if (schema.If is { } condition)
        {
            var branch = Evaluate(condition, node, place, sink: null) ? schema.Then : schema.Else;
            fits &= branch is null || Evaluate(branch, node, place, sink);
        }

        return fits;
    }

    private bool EvaluateMapping(SchemaNode schema, MappingNode mapping, Place place, SpecErrors? sink)
    {
        var fits = true;
        foreach (var name in schema.Required.Where(name => mapping.Find(name) is null))
        {
            fits = false;
            AddMissing(schema.Property(name) ?? Definition(place, name), name, place, sink);
        }

        if (mapping.Entries.Length > schema.MaxFields)
        {
            fits = false;
            sink?.Add(
                SpecErrorKind.NotAllowed, place.KeyPosition, place.Field, $"has {mapping.Entries.Length} entries", allowed: $"at most {schema.MaxFields} entries");
        }

        foreach (var entry in mapping.Entries)
        {
            var below = new Place(place.Field.Length == 0 ? entry.Key : $"{place.Field}.{entry.Key}", entry.KeyPosition);
            if (schema.Property(entry.Key) is { } property)
            {
                fits &= Evaluate(property, entry.Value, below, sink);
            }
            else if (!schema.AllowsOtherFields)
            {
                fits = false;
                AddUnknown(schema, entry, below, sink);
            }
            else
            {
                fits &= schema.FieldNames is null || HasName(schema.FieldNames, entry, below, sink);
                fits &= schema.OtherFields is null || Evaluate(schema.OtherFields, entry.Value, below, sink);
            }
        }

        return fits;
    }

    private static bool HasName(SchemaNode schema, MappingEntry entry, Place place, SpecErrors? sink)
    {
        var name = new ScalarNode(entry.KeyPosition, entry.Key, ScalarKind.Text, isQuoted: true);
        if (HasForm(schema, name) && (schema.Not is null || !schema.Not.Values.Any(value => Equal(value, name))))
        {
            return true;
        }

        sink?.Add(
            SpecErrorKind.NotAllowed, entry.KeyPosition, place.Field, $"'{Printable.Of(entry.Key)}' is not a name that is allowed here", allowed: SchemaWords.Allowed(schema));
        return false;
    }

    private void AddUnknown(SchemaNode schema, MappingEntry entry, Place place, SpecErrors? sink)
    {
        var names = schema.Properties.Select(property => property.Key).ToList();
        var guess = sink is null or { IsFull: true } ? null : FieldSuggestion.ForField(entry.Key, names, root);
        sink?.Add(
            SpecErrorKind.UnknownField, entry.KeyPosition, place.Field, "is not a field of the form", Printable.Of(entry.Key),
            SchemaWords.List(names, "and"), guess is null ? null : $"Did you mean {guess}?");
    }

    private static void AddMissing(SchemaNode? property, string name, Place place, SpecErrors? sink)
    {
        var field = place.Field.Length == 0 ? name : $"{place.Field}.{name}";
        var hint = property?.MissingText ?? (property?.Default is { } usual ? $"The usual value is {SchemaWords.Show(usual)}." : null);
        sink?.Add(
            SpecErrorKind.Missing, place.KeyPosition, field, "is missing", allowed: property is null ? null : SchemaWords.Allowed(property), hint: hint);
    }

    /// <summary>The schema of a field whose <c>required</c> stands in a condition, apart from its <c>properties</c>.</summary>
    private SchemaNode? Definition(Place place, string name)
    {
        var schema = place.Field.Length == 0
            ? root
            : place.Field.Split('.').Aggregate<string, SchemaNode?>(root, (at, part) => at?.Property(part));
        return schema?.Property(name);
    }

    private static bool EvaluateScalar(SchemaNode schema, ScalarNode scalar, Place place, SpecErrors? sink)
    {
        var fits = (schema.Values.IsEmpty || schema.Values.Any(value => Equal(value, scalar)))
            && IsInRange(schema, scalar)
            && HasForm(schema, scalar);
        if (!fits)
        {
            sink?.Add(
                SpecErrorKind.NotAllowed, scalar.Position, place.Field, $"{Problem(scalar)}", scalar.Shown, SchemaWords.Allowed(schema),
                ValueHint(schema, scalar));
        }

        return fits;
    }

    private static string Problem(ScalarNode scalar) => scalar switch
    {
        { Kind: ScalarKind.Null } => "has no value",
        { Kind: ScalarKind.Text, Text.Length: > 60 } => $"{scalar.Shown} is too long or not allowed",
        _ => $"{scalar.Shown} is not allowed",
    };

    private static string TypeProblem(DocumentNode node) => node switch
    {
        ScalarNode { Kind: ScalarKind.Null } => "has no value",
        ScalarNode scalar => $"{scalar.Shown} is {scalar.KindName}",
        _ => $"is {node.KindName}",
    };

    /// <summary>A list of permitted values, all of them scalars, is a type too.</summary>
    private static bool HasType(SchemaNode schema, DocumentNode node) => schema.Types.IsEmpty
        ? schema.Values.IsEmpty || node is ScalarNode
        : schema.Types.Any(type => HasType(type, schema, node));

    private static bool HasType(string type, SchemaNode schema, DocumentNode node) => (type, node) switch
    {
        ("object", MappingNode) => true,
        ("array", SequenceNode) => true,
        ("string", ScalarNode { Kind: ScalarKind.Text }) => true,
        ("string", ScalarNode { Kind: ScalarKind.Integer or ScalarKind.Number }) => schema.IsAsWritten,
        ("boolean", ScalarNode { Kind: ScalarKind.Boolean }) => true,
        ("number", ScalarNode { Number: not null }) => true,
        ("integer", ScalarNode { Number: { } number }) => decimal.IsInteger(number),
        ("null", ScalarNode { Kind: ScalarKind.Null }) => true,
        _ => false,
    };

    private static bool Equal(JsonElement value, ScalarNode scalar) => value.ValueKind switch
    {
        JsonValueKind.String => scalar.Kind == ScalarKind.Text && scalar.Text == value.GetString(),
        JsonValueKind.Number => scalar.Number == value.GetDecimal(),
        JsonValueKind.True or JsonValueKind.False => scalar.Kind == ScalarKind.Boolean
            && scalar.Text.Equals(value.GetRawText(), StringComparison.OrdinalIgnoreCase),
        _ => scalar.Kind == ScalarKind.Null,
    };

    private static bool IsInRange(SchemaNode schema, ScalarNode scalar) =>
        scalar.Number is not { } number || !(number < schema.Minimum || number > schema.Maximum);

    private static bool HasForm(SchemaNode schema, ScalarNode scalar)
    {
        if (scalar.Kind != ScalarKind.Text && !schema.IsAsWritten)
        {
            return true;
        }

        var text = scalar.Text;
        return !(text.Length < schema.MinLength || text.Length > schema.MaxLength)
            && (schema.Pattern is null || schema.Pattern.IsMatch(text))
            && (schema.Format is null || SchemaFormats.Matches(schema.Format, text));
    }

    private static string? TypeHint(SchemaNode schema, DocumentNode node)
    {
        if (node is not ScalarNode scalar)
        {
            return null;
        }

        if (scalar.Kind == ScalarKind.Null)
        {
            return "Give it a value, or remove it.";
        }

        if (schema.Types.Contains("string"))
        {
            return "Put it in quotes.";
        }

        if (scalar.Kind != ScalarKind.Text)
        {
            return null;
        }

        var meant = CoreSchema.Resolve(scalar.Text);
        return (schema.Types, scalar.Text.ToUpperInvariant(), meant) switch
        {
            (["boolean"], "YES" or "ON" or "Y", _) => $"YAML 1.2 reads {scalar.Text} as a text; write true.",
            (["boolean"], "NO" or "OFF" or "N", _) => $"YAML 1.2 reads {scalar.Text} as a text; write false.",
            (["boolean"], _, ScalarKind.Boolean) => "Remove the quotes.",
            (["integer" or "number"], _, ScalarKind.Integer or ScalarKind.Number) => "Remove the quotes.",
            _ => null,
        };
    }

    private static string? ValueHint(SchemaNode schema, ScalarNode scalar)
    {
        var words = schema.Values.Where(value => value.ValueKind == JsonValueKind.String).Select(value => value.GetString()!);
        return FieldSuggestion.Nearest(scalar.Text, words) is { } guess ? $"Did you mean {guess}?" : null;
    }

    /// <summary>Where a value stands.</summary>
    /// <param name="Field">Its path; empty for the root.</param>
    /// <param name="KeyPosition">Its name's place; the value's for the root.</param>
    private sealed record Place(string Field, SourcePosition KeyPosition);
}
