namespace Larder.Spec.Schema;

/// <summary>The form of a spec: one JSON Schema document (draft 2020-12), which is what validation follows and what editors can use.</summary>
public static class SpecSchema
{
    /// <summary>The document's text.</summary>
    public static string Json { get; } = EmbeddedText.Read("cache-spec.schema.json");

    /// <summary>The document, read.</summary>
    internal static SchemaNode Root { get; } = SchemaReader.Read(Json);
}
