using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Larder.Store;

/// <summary>
/// How documents are written to the control store: JSON objects with camelCase names, enums as words, and a <c>schema</c> number, so that a
/// program refuses what it does not understand instead of dropping it.
/// </summary>
public static class StoreCodec
{
    private const string SchemaMember = "schema";

    private static readonly JsonSerializerOptions Options = Make();

    /// <summary>Writes a document.</summary>
    /// <typeparam name="T">Its kind.</typeparam>
    /// <param name="document">The document; must be written as a JSON object.</param>
    /// <param name="schema">Its schema number, at least 1.</param>
    /// <returns>JSON text.</returns>
    public static string Encode<T>(T document, int schema)
    {
        var json = JsonSerializer.SerializeToNode(document, Options)!.AsObject();
        json.Insert(0, SchemaMember, schema);
        return json.ToJsonString(Options);
    }

    /// <summary>Reads a document.</summary>
    /// <typeparam name="T">Its kind.</typeparam>
    /// <param name="key">Where it was found; named in errors.</param>
    /// <param name="value">JSON text.</param>
    /// <param name="newestSchema">The newest schema number that the caller understands.</param>
    /// <returns>The document.</returns>
    /// <exception cref="ControlStoreException">It is of a newer schema, or is no document of this kind.</exception>
    public static T Decode<T>(string key, string value, int newestSchema)
    {
        try
        {
            var json = JsonNode.Parse(value) as JsonObject
                ?? throw new ControlStoreException($"{key} in the control store is not a JSON object.", isTransient: false);
            var schema = json[SchemaMember]?.GetValue<int>()
                ?? throw new ControlStoreException($"{key} in the control store has no schema number.", isTransient: false);
            if (schema > newestSchema)
            {
                throw new ControlStoreException(
                    $"{key} in the control store was written with schema {schema}; this Larder understands up to {newestSchema}. Install a newer Larder.",
                    isTransient: false);
            }

            json.Remove(SchemaMember);
            return json.Deserialize<T>(Options)
                ?? throw new ControlStoreException($"{key} in the control store is empty.", isTransient: false);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            throw new ControlStoreException(
                $"{key} in the control store cannot be read as {typeof(T).Name}: {exception.Message}", isTransient: false, exception);
        }
    }

    private static JsonSerializerOptions Make()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            IgnoreReadOnlyProperties = true,
        };
        options.Converters.Add(new JsonStringEnumConverter());
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
