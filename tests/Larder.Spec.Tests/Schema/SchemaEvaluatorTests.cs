using System.Text.Json;
using Larder.Model.Specs;
using Larder.Spec.Documents;
using Larder.Spec.Schema;

namespace Larder.Spec.Tests.Schema;

/// <summary>Each keyword of the evaluator, by itself; and the schema of the form against the model's types.</summary>
public sealed class SchemaEvaluatorTests
{
    [Theory]
    [InlineData("""{"type":"integer"}""", "1", true)]
    [InlineData("""{"type":"integer"}""", "1.0", true)]
    [InlineData("""{"type":"integer"}""", "1.5", false)]
    [InlineData("""{"type":"integer"}""", "'1'", false)]
    [InlineData("""{"type":"integer"}""", ".inf", false)]
    [InlineData("""{"type":"number"}""", "1.5", true)]
    [InlineData("""{"type":"number"}""", ".nan", false)]
    [InlineData("""{"type":"string"}""", "x", true)]
    [InlineData("""{"type":"string"}""", "1", false)]
    [InlineData("""{"type":"string","x-as-written":true}""", "1", true)]
    [InlineData("""{"type":"string","x-as-written":true}""", "true", false)]
    [InlineData("""{"type":"boolean"}""", "true", true)]
    [InlineData("""{"type":"boolean"}""", "'true'", false)]
    [InlineData("""{"type":"null"}""", "~", true)]
    [InlineData("""{"type":"array"}""", "[1]", true)]
    [InlineData("""{"type":"object"}""", "[1]", false)]
    [InlineData("""{"type":["object","integer"]}""", "1", true)]
    [InlineData("""{"enum":[1,"a",true,null]}""", "1", true)]
    [InlineData("""{"enum":[1,"a",true,null]}""", "a", true)]
    [InlineData("""{"enum":[1,"a",true,null]}""", "true", true)]
    [InlineData("""{"enum":[1,"a",true,null]}""", "null", true)]
    [InlineData("""{"enum":[1,"a",true,null]}""", "'1'", false)]
    [InlineData("""{"enum":[1,"a",true,null]}""", "A", false)]
    [InlineData("""{"enum":[1,"a"]}""", "[1]", false)]
    [InlineData("""{"enum":[1,"a"]}""", "{a: 1}", false)]
    [InlineData("""{"const":false}""", "false", true)]
    [InlineData("""{"const":false}""", "true", false)]
    [InlineData("""{"minimum":2}""", "2", true)]
    [InlineData("""{"minimum":2}""", "1", false)]
    [InlineData("""{"maximum":2}""", "3", false)]
    [InlineData("""{"minLength":2}""", "a", false)]
    [InlineData("""{"maxLength":2}""", "abc", false)]
    [InlineData("""{"maxLength":2}""", "123", true)]
    [InlineData("""{"pattern":"^a+$"}""", "aa", true)]
    [InlineData("""{"pattern":"^a+$"}""", "\"a\\n\"", false)]
    [InlineData("""{"format":"ip"}""", "fe80::1", true)]
    [InlineData("""{"format":"ip"}""", "1.2.3", false)]
    [InlineData("""{"format":"hostname"}""", "a.b-c.d", true)]
    [InlineData("""{"format":"hostname"}""", "1.2.3.4", false)]
    [InlineData("""{"format":"hostname"}""", "-a.b", false)]
    [InlineData("""{"required":["a"]}""", "{a: 1}", true)]
    [InlineData("""{"required":["a"]}""", "{b: 1}", false)]
    [InlineData("""{"properties":{"a":{"type":"integer"}}}""", "{a: x}", false)]
    [InlineData("""{"properties":{"a":{"type":"integer"}}}""", "{b: x}", true)]
    [InlineData("""{"properties":{"a":{}},"additionalProperties":false}""", "{b: x}", false)]
    [InlineData("""{"not":{}}""", "1", false)]
    [InlineData("""{"not":{"type":"string"}}""", "1", true)]
    [InlineData("""{"allOf":[{"minimum":1},{"maximum":2}]}""", "2", true)]
    [InlineData("""{"allOf":[{"minimum":1},{"maximum":2}]}""", "3", false)]
    [InlineData("""{"if":{"minimum":5},"then":{"maximum":6},"else":{"maximum":1}}""", "6", true)]
    [InlineData("""{"if":{"minimum":5},"then":{"maximum":6},"else":{"maximum":1}}""", "7", false)]
    [InlineData("""{"if":{"minimum":5},"then":{"maximum":6},"else":{"maximum":1}}""", "2", false)]
    [InlineData("""{"if":{"minimum":5},"then":{"maximum":6}}""", "2", true)]
    [InlineData("""{"$defs":{"x":{"type":"integer"}},"properties":{"a":{"$ref":"#/$defs/x"}}}""", "{a: x}", false)]
    public void A_keyword_is_kept(string schema, string yaml, bool fits)
    {
        var errors = new SpecErrors("test");
        var node = YamlTreeReader.Read(yaml, errors) ?? new ScalarNode(new SourcePosition(1, 1), "", ScalarKind.Null, isQuoted: false);
        Assert.Equal(fits, new SchemaEvaluator(SchemaReader.Read(schema), errors).Evaluate(node));
        Assert.Equal(fits, errors.IsEmpty);
    }

    [Theory]
    [InlineData("""{"properties":{"a":{"multipleOf":3}}}""", "#/properties/a/multipleOf of the schema is not a keyword that is kept.")]
    [InlineData("""{"format":"date"}""", "#/format of the schema is not a keyword that is kept.")]
    [InlineData("""{"$ref":"#/$defs/none"}""", "#/$ref of the schema names #/$defs/none, which is not there.")]
    [InlineData("""{"if":true}""", "#/if of the schema is not an object.")]
    public void A_schema_that_could_not_be_kept_is_refused(string schema, string expected) =>
        Assert.Equal(expected, Assert.Throws<FormatException>(() => SchemaReader.Read(schema)).Message);

    [Fact]
    public void A_field_added_to_the_schema_is_validated_without_more()
    {
        var schema = SchemaReader.Read("""{"type":"object","additionalProperties":false,"properties":{"colour":{"enum":["red","blue"],"x-allowed":"a colour"}}}""");
        var errors = new SpecErrors("test");
        new SchemaEvaluator(schema, errors).Evaluate(YamlTreeReader.Read("colour: rde", errors)!);
        Assert.Equal("test:1:9: colour: \"rde\" is not allowed; allowed: a colour. Did you mean red?", Assert.Single(errors.ToImmutable()).ToString());
    }

    [Fact]
    public void The_schemas_defaults_are_those_of_the_model()
    {
        var smallest = SpecLoader.Parse("name: a\nredis: { capacity: 1, replicas_per_primary: 1 }", "a").Spec!;
        using var written = JsonDocument.Parse(SpecDocument.Serialize(smallest));
        var compared = 0;
        Compare(SpecSchema.Root, written.RootElement);
        Assert.Equal(17, compared);

        void Compare(SchemaNode schema, JsonElement element)
        {
            foreach (var (name, property) in schema.Properties)
            {
                if (!element.TryGetProperty(name, out var value))
                {
                    Assert.True(property.Default is null, $"{name} has a default in the schema only");
                }
                else if (property.Default is { } expected)
                {
                    compared++;
                    Assert.Equal(expected.GetRawText(), value.GetRawText());
                }
                else if (value.ValueKind == JsonValueKind.Object)
                {
                    Compare(property, value);
                }
            }
        }
    }

    [Fact]
    public void The_schemas_words_are_those_of_the_model()
    {
        Assert.Equal(Enum.GetValues<PersistenceMode>().Select(SpecWords.Of), Words("redis", "persistence"));
        Assert.Equal(Enum.GetValues<MonitoringMode>().Select(SpecWords.Of), Words("monitoring", "mode"));
        Assert.Equal(Enum.GetValues<EngineFamily>().Select(SpecWords.Of), Words("engine"));
        Assert.Equal(Enum.GetValues<DurabilityMode>().Select(SpecWords.Of), Words("durability"));
        Assert.Equal(["Enabled", "Disabled"], Words("publicNetworkAccess"));
        Assert.Equal(SpecPresets.All.Select(preset => preset.Name), Words("preset"));
        Assert.Equal(CapacitySizes.All.Select(size => $"{size.Capacity}"), Words("redis", "capacity"));
        Assert.Equal(CapacitySizes.All[^1].MemoryGb * 1024, SpecSchema.Root.Property("memory_mb")!.Maximum);
    }

    [Fact]
    public void Every_field_of_the_schema_is_described_or_is_an_alarms() => Describe(SpecSchema.Root, "");

    private static void Describe(SchemaNode schema, string path)
    {
        foreach (var (name, property) in schema.Properties.Where(property => property.Value.Not is null))
        {
            var field = $"{path}{name}";
            Assert.True(property.Description is { Length: > 10 } || field.StartsWith("monitoring.alarms.", StringComparison.Ordinal), field);
            Describe(property, $"{field}.");
        }
    }

    private static IEnumerable<string> Words(params string[] path) =>
        path.Aggregate(SpecSchema.Root, (schema, name) => schema.Property(name)!).Values.Select(SchemaWords.Show);
}
