using System.Globalization;
using System.Text.Json;
using Larder.Model.Installation;

namespace Larder.Host.Daemon;

/// <summary>
/// The daemon's own settings: the optional <c>larder.json</c> in the home, then environment variables, then the command line. A tenant's
/// settings are not here but in its cache's spec.
/// </summary>
internal sealed record DaemonSettings
{
    private const int LargestPort = 65535;
    private const int LargestNodePort = LargestPort - HostIdentity.MostNodes + 1;

    private static readonly JsonSerializerOptions FileForm = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    /// <summary>The installation's TLS port, 1..65535. Key <c>tlsPort</c>, environment <c>LARDER_TLS_PORT</c>. Default 6380.</summary>
    public int TlsPort { get; init; } = 6380;

    /// <summary>The installation's plain port, 1..65535. Key <c>plainPort</c>, environment <c>LARDER_PLAIN_PORT</c>. Default 6379.</summary>
    public int PlainPort { get; init; } = 6379;

    /// <summary>
    /// The TLS port of node 0 of clustered caches; node <c>n</c> has this one plus <c>n</c>. Key <c>nodeTlsPort</c>, environment <c>LARDER_NODE_TLS_PORT</c>.
    /// Default 15000.
    /// </summary>
    public int NodeTlsPort { get; init; } = 15000;

    /// <summary>As <see cref="NodeTlsPort"/>, without TLS. Key <c>nodePlainPort</c>, environment <c>LARDER_NODE_PLAIN_PORT</c>. Default 13000.</summary>
    public int NodePlainPort { get; init; } = 13000;

    /// <summary>The domain of cache host names. Key <c>domain</c>, environment <c>LARDER_DOMAIN</c>. Default <c>redis.localhost</c>.</summary>
    public string Domain { get; init; } = "redis.localhost";

    /// <summary>This host's zone label. Key <c>zone</c>, environment <c>LARDER_ZONE</c>. Default none.</summary>
    public string? Zone { get; init; }

    /// <summary>Where backups, exports and second logs may go. Key <c>storages</c>. Default none beside the two folders in the home.</summary>
    public IReadOnlyList<StorageSettings> Storages { get; init; } = [];

    /// <summary>Reads the settings.</summary>
    /// <param name="home">The home.</param>
    /// <param name="options">What the command line says.</param>
    /// <param name="environment">Reads environment variables.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="DaemonStartException">Something in them is wrong; every problem is listed.</exception>
    public static DaemonSettings Load(LarderHome home, ServeOptions options, Func<string, string?> environment)
    {
        var settings = FromFile(home.SettingsFile);
        var problems = new List<string>();
        settings = settings with
        {
            TlsPort = options.TlsPort ?? Port("LARDER_TLS_PORT") ?? settings.TlsPort,
            PlainPort = options.PlainPort ?? Port("LARDER_PLAIN_PORT") ?? settings.PlainPort,
            NodeTlsPort = Port("LARDER_NODE_TLS_PORT") ?? settings.NodeTlsPort,
            NodePlainPort = Port("LARDER_NODE_PLAIN_PORT") ?? settings.NodePlainPort,
            Domain = environment("LARDER_DOMAIN") is { Length: > 0 } domain ? domain : settings.Domain,
            Zone = environment("LARDER_ZONE") is { Length: > 0 } zone ? zone : settings.Zone,
        };
        Check("tlsPort", settings.TlsPort);
        Check("plainPort", settings.PlainPort);
        Check("nodeTlsPort", settings.NodeTlsPort, LargestNodePort);
        Check("nodePlainPort", settings.NodePlainPort, LargestNodePort);
        if (Math.Abs(settings.NodeTlsPort - settings.NodePlainPort) < HostIdentity.MostNodes)
        {
            problems.Add($"nodeTlsPort is {settings.NodeTlsPort} and nodePlainPort {settings.NodePlainPort}; they must be {HostIdentity.MostNodes} apart, a port for each node of a cache");
        }

        if (settings.TlsPort == settings.PlainPort)
        {
            problems.Add($"tlsPort and plainPort are both {settings.TlsPort}; they must differ");
        }

        if (Uri.CheckHostName(settings.Domain) != UriHostNameType.Dns)
        {
            problems.Add($"domain is '{settings.Domain}'; it must be a DNS name");
        }

        return problems.Count == 0
            ? settings
            : throw new DaemonStartException("invalid_settings", "The daemon's settings are not valid:", problems, refused: true);

        int? Port(string name)
        {
            if (environment(name) is not { Length: > 0 } text)
            {
                return null;
            }

            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            {
                return port;
            }

            problems.Add($"{name} is '{text}'; it must be a port, 1..65535");
            return null;
        }

        void Check(string name, int port, int largest = LargestPort)
        {
            if (port < 1 || port > largest)
            {
                problems.Add($"{name} is {port}; it must be 1..{largest}");
            }
        }
    }

    private static DaemonSettings FromFile(string path)
    {
        if (!File.Exists(path))
        {
            return new DaemonSettings();
        }

        try
        {
            return JsonSerializer.Deserialize<DaemonSettings>(File.ReadAllText(path), FileForm) ?? new DaemonSettings();
        }
        catch (JsonException exception)
        {
            throw new DaemonStartException("invalid_settings", $"{path} is not valid: {exception.Message}", [], refused: true);
        }
    }
}
