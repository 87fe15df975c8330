using System.Globalization;
using System.Text;
using System.Text.Json;
using Larder.Spec.Schema;

namespace Larder.Spec.Tests;

/// <summary>
/// Holds <c>docs/reference/form.md</c> against the schema. With <c>LARDER_UPDATE_DOCS=1</c> in the environment the page is written instead.
/// </summary>
public sealed class FormReferenceTests
{
    private const string Begin = "<!-- fields: written from the schema by Larder.Spec.Tests -->\n";
    private const string End = "<!-- end of fields -->\n";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_reference_page_has_every_field_as_the_schema_says_it()
    {
        var path = Path.Combine(Root(), "docs", "reference", "form.md");
        var page = await File.ReadAllTextAsync(path, Token);
        var begin = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        var end = page.IndexOf(End, StringComparison.Ordinal);
        Assert.True(begin >= Begin.Length && end >= begin, $"{path} has lost the marks between which the fields are.");
        var wanted = page[..begin] + Fields() + page[end..];
        if (Environment.GetEnvironmentVariable("LARDER_UPDATE_DOCS") == "1")
        {
            await File.WriteAllTextAsync(path, wanted, Token);
            return;
        }

        Assert.Equal(wanted, page);
    }

    private static string Fields()
    {
        using var schema = JsonDocument.Parse(SpecSchema.Json);
        var text = new StringBuilder("\n| field | takes | default | what it is |\n|---|---|---|---|\n");
        Write(schema.RootElement, schema.RootElement.GetProperty("properties"), "", text);
        return text.Append('\n').ToString();
    }

    private static void Write(JsonElement root, JsonElement properties, string prefix, StringBuilder text)
    {
        foreach (var property in properties.EnumerateObject())
        {
            var field = property.Value;
            if (field.TryGetProperty("$ref", out var reference))
            {
                field = root.GetProperty("$defs").GetProperty(reference.GetString()!["#/$defs/".Length..]);
            }

            var name = prefix + property.Name;
            var inner = field.TryGetProperty("properties", out var fields);
            if (!inner || field.TryGetProperty("description", out _))
            {
                text.Append(CultureInfo.InvariantCulture, $"| `{name}` | {Takes(field)} | {Default(field)} | {Text(field, "description")} |\n");
            }

            if (inner)
            {
                Write(root, fields, name + ".", text);
            }
            else if (field.TryGetProperty("additionalProperties", out var named) && named.ValueKind == JsonValueKind.Object)
            {
                text.Append(CultureInfo.InvariantCulture, $"| `{name}.NAME` | {Takes(named)} | | NAME: {Text(field.GetProperty("propertyNames"), "x-allowed")} |\n");
            }
        }
    }

    private static string Takes(JsonElement field) =>
        Text(field, "x-allowed") is { Length: > 0 } allowed ? allowed
        : field.TryGetProperty("enum", out var values) ? string.Join(", ", values.EnumerateArray().Select(value => $"`{value}`"))
        : field.TryGetProperty("minimum", out var least) ? $"{least} to {field.GetProperty("maximum")}"
        : Text(field, "type") switch { "boolean" => "`true`, `false`", "object" => "fields below", var type => type };

    private static string Default(JsonElement field) => field.TryGetProperty("default", out var value) ? $"`{value.GetRawText().Trim('"')}`" : "";

    private static string Text(JsonElement field, string name) => field.TryGetProperty(name, out var value) ? value.GetString()! : "";

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Larder.slnx")))
        {
            folder = folder.Parent;
        }

        return folder.FullName;
    }
}
