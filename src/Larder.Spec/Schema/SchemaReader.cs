using System.Collections.Immutable;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Larder.Spec.Schema;

/// <summary>
/// Reads a JSON Schema document (draft 2020-12) of the part that <see cref="SchemaEvaluator"/> knows. A keyword it does not know is an
/// error and never ignored, so that nobody writes a rule into the schema that is not kept.
/// </summary>
internal sealed class SchemaReader
{
    private static readonly ImmutableHashSet<string> Ignored = ["$schema", "$id", "$defs", "title"];

    private readonly JsonElement _root;

    private SchemaReader(JsonElement root) => _root = root;

    /// <summary>Reads a document.</summary>
    /// <param name="json">Its text.</param>
    /// <returns>The root schema.</returns>
    /// <exception cref="JsonException">It is not JSON.</exception>
    /// <exception cref="FormatException">It has a keyword or a format that the evaluator does not know.</exception>
    public static SchemaNode Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement.Clone();
        return new SchemaReader(root).Read(root, "#");
    }

    private SchemaNode Read(JsonElement element, string path)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException($"{path} of the schema is not an object.");
        }

        var node = new SchemaNode();
        foreach (var keyword in element.EnumerateObject())
        {
            node = Apply(node, keyword.Name, keyword.Value, $"{path}/{keyword.Name}");
        }

        return node;
    }

    private SchemaNode Apply(SchemaNode node, string keyword, JsonElement value, string path) => keyword switch
    {
        "$ref" => Resolve(value.GetString()!, path),
        "type" => node with { Types = value.ValueKind == JsonValueKind.Array ? Texts(value) : [value.GetString()!] },
        "enum" => node with { Values = [.. value.EnumerateArray()] },
        "const" => node with { Values = [value] },
        "minimum" => node with { Minimum = value.GetDecimal() },
        "maximum" => node with { Maximum = value.GetDecimal() },
        "minLength" => node with { MinLength = value.GetInt32() },
        "maxLength" => node with { MaxLength = value.GetInt32() },
        "pattern" => node with { Pattern = Compile(value.GetString()!) },
        "format" => node with { Format = SchemaFormats.IsKnown(value.GetString()!) ? value.GetString() : throw Unknown(path) },
        "required" => node with { Required = Texts(value) },
        "properties" => node with
        {
            Properties = [.. value.EnumerateObject().Select(property =>
                KeyValuePair.Create(property.Name, Read(property.Value, $"{path}/{property.Name}")))],
        },
        "additionalProperties" when value.ValueKind == JsonValueKind.Object => node with { OtherFields = Read(value, path) },
        "additionalProperties" => node with { AllowsOtherFields = value.GetBoolean() },
        "propertyNames" => node with { FieldNames = Read(value, path) },
        "maxProperties" => node with { MaxFields = value.GetInt32() },
        "if" => node with { If = Read(value, path) },
        "then" => node with { Then = Read(value, path) },
        "else" => node with { Else = Read(value, path) },
        "not" => node with { Not = Read(value, path) },
        "allOf" => node with { AllOf = [.. value.EnumerateArray().Select((part, index) => Read(part, $"{path}/{index}"))] },
        "default" => node with { Default = value },
        "description" => node with { Description = value.GetString() },
        "x-allowed" => node with { AllowedText = value.GetString() },
        "x-refusal" => node with { RefusalText = value.GetString() },
        "x-missing" => node with { MissingText = value.GetString() },
        "x-as-written" => node with { IsAsWritten = value.GetBoolean() },
        _ => Ignored.Contains(keyword) ? node : throw Unknown(path),
    };

    private SchemaNode Resolve(string reference, string path)
    {
        const string definitions = "#/$defs/";
        return reference.StartsWith(definitions, StringComparison.Ordinal)
            && _root.TryGetProperty("$defs", out var all)
            && all.TryGetProperty(reference[definitions.Length..], out var definition)
            ? Read(definition, reference)
            : throw new FormatException($"{path} of the schema names {reference}, which is not there.");
    }

    private static ImmutableArray<string> Texts(JsonElement array) => [.. array.EnumerateArray().Select(one => one.GetString()!)];

    private static Regex Compile(string pattern)
    {
        // JSON Schema's $ is the end of the text; .NET's also matches before a line feed there. Linear time, whatever the file has.
        var exact = pattern.EndsWith('$') ? pattern[..^1] + @"\z" : pattern;
        return new Regex(exact, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
    }

    private static FormatException Unknown(string path) => new($"{path} of the schema is not a keyword that is kept.");
}
