using System.Text.Json;
using System.Text.Json.Serialization;
using Larder.Spec;

namespace Larder.Management.Contracts;

/// <summary>How the management API writes JSON: camelCase names, enums as their words, nulls written, unknown members ignored.</summary>
public static class ApiJson
{
    /// <summary>Compact, for the wire.</summary>
    public static JsonSerializerOptions Wire { get; } = Make(indented: false);

    /// <summary>Indented, for people.</summary>
    public static JsonSerializerOptions Human { get; } = Make(indented: true);

    private static JsonSerializerOptions Make(bool indented)
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            WriteIndented = indented,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
        };
        options.Converters.Add(new JsonStringEnumConverter());
        options.Converters.Add(new CacheSpecJsonConverter());
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
