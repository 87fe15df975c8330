using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Larder.Model.Specs;
using Larder.Spec;

namespace Larder.Management.Contracts;

/// <summary>Writes a spec in the form that users write it in: what <c>show</c> prints can be applied again.</summary>
internal sealed class SpecJsonConverter : JsonConverter<CacheSpec>
{
    /// <inheritdoc/>
    public override CacheSpec Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var loaded = SpecLoader.Parse(JsonNode.Parse(ref reader)!.ToJsonString(), "spec");
        return loaded.Spec ?? throw new JsonException(string.Join(" ", loaded.Errors));
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, CacheSpec value, JsonSerializerOptions options) =>
        SpecDocument.ToJson(value).WriteTo(writer, options);
}
