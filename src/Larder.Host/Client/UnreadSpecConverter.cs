using System.Text.Json;
using System.Text.Json.Serialization;
using Larder.Model.Specs;

namespace Larder.Host.Client;

/// <summary>
/// Leaves the spec inside a view unread. What the command line shows of a cache is beside its spec, and with <c>--output json</c> the daemon's
/// answer is passed on as it came; so a call neither pays for reading a spec nor depends on the form it is written in.
/// </summary>
internal sealed class UnreadSpecConverter : JsonConverter<CacheSpec>
{
    private static readonly CacheSpec Unread = new() { Name = "", Redis = new RedisSpec { Capacity = 0, ReplicasPerPrimary = 0 } };

    /// <inheritdoc/>
    public override CacheSpec Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        reader.Skip();
        return Unread;
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, CacheSpec value, JsonSerializerOptions options) =>
        throw new NotSupportedException("A cache is written as the daemon's answer has it.");
}
