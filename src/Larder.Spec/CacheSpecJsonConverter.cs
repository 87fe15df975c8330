using System.Text.Json;
using System.Text.Json.Serialization;
using Larder.Model.Specs;

namespace Larder.Spec;

/// <summary>Lets documents and messages that hold a spec write it in the form of <see cref="SpecDocument"/>. Stateless.</summary>
public sealed class CacheSpecJsonConverter : JsonConverter<CacheSpec>
{
    /// <inheritdoc/>
    /// <exception cref="JsonException">The value is not a valid spec.</exception>
    public override CacheSpec Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        try
        {
            return SpecDocument.Deserialize(document.RootElement.GetRawText());
        }
        catch (FormatException exception)
        {
            throw new JsonException($"The spec is not valid: {exception.Message}", exception);
        }
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, CacheSpec value, JsonSerializerOptions options) =>
        SpecDocument.ToJson(value).WriteTo(writer, options);
}
