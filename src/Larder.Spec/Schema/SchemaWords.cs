using System.Globalization;
using System.Text.Json;

namespace Larder.Spec.Schema;

/// <summary>Says in words what a schema allows.</summary>
internal static class SchemaWords
{
    /// <summary>What is allowed.</summary>
    /// <param name="schema">The schema.</param>
    /// <returns>A phrase such as <c>1, 2 or 3</c>; <c>null</c> where anything is allowed.</returns>
    public static string? Allowed(SchemaNode schema)
    {
        if (schema.AllowedText is not null)
        {
            return schema.AllowedText;
        }

        if (!schema.Values.IsEmpty)
        {
            return List(schema.Values.Select(Show), "or");
        }

        return schema.Types switch
        {
            ["boolean"] => "true or false",
            ["integer"] => Range("a whole number", schema),
            ["number"] => Range("a number", schema),
            ["string"] => Length(schema),
            ["object"] when schema.Properties.IsEmpty => "a mapping of names and values",
            ["object"] => $"a mapping with {List(schema.Properties.Select(property => property.Key), "and")}",
            _ => null,
        };
    }

    /// <summary>A value as a file would write it.</summary>
    /// <param name="value">A value of the schema.</param>
    /// <returns>Its text, without quotes.</returns>
    public static string Show(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    /// <summary>A list in words.</summary>
    /// <param name="items">The items.</param>
    /// <param name="last">The word before the last one.</param>
    /// <returns><c>a, b or c</c>.</returns>
    public static string List(IEnumerable<string> items, string last)
    {
        var all = items.ToArray();
        return all.Length < 2 ? string.Concat(all) : $"{string.Join(", ", all[..^1])} {last} {all[^1]}";
    }

    private static string Range(string noun, SchemaNode schema) => (schema.Minimum, schema.Maximum) switch
    {
        ({ } least, { } most) => string.Create(CultureInfo.InvariantCulture, $"{noun} from {least} to {most}"),
        ({ } least, null) => string.Create(CultureInfo.InvariantCulture, $"{noun}, at least {least}"),
        (null, { } most) => string.Create(CultureInfo.InvariantCulture, $"{noun}, at most {most}"),
        _ => noun,
    };

    private static string Length(SchemaNode schema) => (schema.MinLength, schema.MaxLength) switch
    {
        ({ } least, { } most) => $"a text of {least} to {most} characters",
        ({ } least, null) => $"a text of at least {least} {(least == 1 ? "character" : "characters")}",
        (null, { } most) => $"a text of at most {most} characters",
        _ => "a text",
    };
}
