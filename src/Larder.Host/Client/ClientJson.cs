using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Larder.Host.Doctor;
using Larder.Host.Drill;
using Larder.Management.Contracts;
using Larder.Model.Operations;

namespace Larder.Host.Client;

/// <summary>
/// The management API's JSON as <see cref="ApiJson"/> defines it, with code made at build time: a command-line call is over before reflection
/// would have warmed up.
/// </summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true, Converters = [typeof(UnreadSpecConverter)])]
[JsonSerializable(typeof(InstallationView))]
[JsonSerializable(typeof(EnginesView))]
[JsonSerializable(typeof(PlanView))]
[JsonSerializable(typeof(CacheView))]
[JsonSerializable(typeof(ImmutableArray<CacheView>))]
[JsonSerializable(typeof(ApplyView))]
[JsonSerializable(typeof(KeysView))]
[JsonSerializable(typeof(RegenerateKeyRequest))]
[JsonSerializable(typeof(FailoverRequest))]
[JsonSerializable(typeof(ScalingRequest))]
[JsonSerializable(typeof(BackupsView))]
[JsonSerializable(typeof(RestoreRequest))]
[JsonSerializable(typeof(ExportRequest))]
[JsonSerializable(typeof(ImportRequest))]
[JsonSerializable(typeof(DrillRequest))]
[JsonSerializable(typeof(DrillReport))]
[JsonSerializable(typeof(EventView))]
[JsonSerializable(typeof(ImmutableArray<EventView>))]
[JsonSerializable(typeof(ErrorView))]
[JsonSerializable(typeof(ErrorEnvelope))]
[JsonSerializable(typeof(OperationDocument))]
[JsonSerializable(typeof(ShutdownProgress))]
[JsonSerializable(typeof(StoppedView))]
[JsonSerializable(typeof(DaemonHandshake))]
[JsonSerializable(typeof(DoctorReport))]
[JsonSerializable(typeof(JsonObject))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class ClientJson : JsonSerializerContext
{
    // Made at first use: the generated part's own static members may be initialised after this one's.
    private static readonly Lazy<ClientJson> Indented = new(MakeIndented);

    /// <summary>Indented and with no more escapes than JSON demands, for standard output.</summary>
    public static ClientJson Human => Indented.Value;

    private static ClientJson MakeIndented() => new(new JsonSerializerOptions(Default.Options)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        TypeInfoResolver = null,
    });
}
