using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Larder.Model.Installation;

/// <summary>
/// Where an installation keeps everything. Pure path arithmetic: makes no folder.
/// </summary>
/// <remarks>
/// A unix socket's path may have at most 107 bytes (<c>sun_path</c>). Where the home's path is too long for that, sockets go to a folder
/// of the same owner under <c>/tmp</c>, whose name is derived from the home; whoever makes it must check that it is theirs and closed to others.
/// </remarks>
public sealed class LarderHome
{
    /// <summary>The longest socket folder that leaves room for a socket's name.</summary>
    private const int LongestSocketFolder = 76;

    /// <summary>Describes a home.</summary>
    /// <param name="root">The folder; made absolute.</param>
    public LarderHome(string root)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        Root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        var beneath = Path.Combine(Root, "run");
        if (Encoding.UTF8.GetByteCount(beneath) <= LongestSocketFolder)
        {
            RuntimeFolder = beneath;
        }
        else
        {
            var digest = SHA256.HashData(Encoding.UTF8.GetBytes(Root));
            RuntimeFolder = Path.Combine("/tmp", "larder-" + Convert.ToHexStringLower(digest)[..24]);
        }
    }

    /// <summary>The folder itself, absolute.</summary>
    public string Root { get; }

    /// <summary>The embedded control store's file.</summary>
    public string StorePath => Path.Combine(Root, "store", "larder.db");

    /// <summary>Folder of the installation's own secrets.</summary>
    public string SecretsFolder => Path.Combine(Root, "secrets");

    /// <summary>Folder of the installation's certificate authority.</summary>
    public string CertificateAuthorityFolder => Path.Combine(Root, "ca");

    /// <summary>The authority's certificate, for clients to trust.</summary>
    public string CaFile => Path.Combine(CertificateAuthorityFolder, "ca.crt");

    /// <summary>Folder of the server certificates.</summary>
    public string CertificatesFolder => Path.Combine(Root, "certificates");

    /// <summary>Folder of engines that were put into this installation.</summary>
    public string EnginesFolder => Path.Combine(Root, "engines");

    /// <summary>The daemon's optional settings.</summary>
    public string SettingsFile => Path.Combine(Root, "larder.json");

    /// <summary>The daemon's log.</summary>
    public string DaemonLog => Path.Combine(Root, "logs", "larder.log");

    /// <summary>Folder of the caches' event journals.</summary>
    public string EventsFolder => Path.Combine(Root, "events");

    /// <summary>Folder of the unix sockets; see the remarks.</summary>
    public string RuntimeFolder { get; }

    /// <summary>The management API's socket.</summary>
    public string ApiSocket => Path.Combine(RuntimeFolder, "larder.sock");

    /// <summary>Folder of all that a cache keeps on this host.</summary>
    /// <param name="cache">The cache's name.</param>
    /// <returns>The folder.</returns>
    public string CacheFolder(string cache) => Path.Combine(Root, "caches", cache.ToLowerInvariant());

    /// <summary>Folder of all that a node keeps: its data, configuration, log and process record lie below.</summary>
    /// <param name="cache">The cache's name.</param>
    /// <param name="ordinal">The node's ordinal.</param>
    /// <returns>The folder.</returns>
    public string NodeFolder(string cache, int ordinal) =>
        Path.Combine(CacheFolder(cache), "nodes", ordinal.ToString(CultureInfo.InvariantCulture));

    /// <summary>An engine node's unix socket: short, since its path is limited.</summary>
    /// <param name="cacheUid">The cache's unique id; its first 12 characters tell caches apart.</param>
    /// <param name="ordinal">The node's ordinal.</param>
    /// <returns>The path.</returns>
    public string NodeSocket(string cacheUid, int ordinal) =>
        Path.Combine(RuntimeFolder, cacheUid[..12] + "-" + ordinal.ToString(CultureInfo.InvariantCulture) + ".sock");

    /// <summary>The home to use where none is named: <c>$LARDER_HOME</c>, else <c>.larder</c> in the user's home folder.</summary>
    /// <param name="environment">Reads environment variables.</param>
    /// <returns>The home; <c>null</c> where this user has no home folder.</returns>
    public static LarderHome? Default(Func<string, string?> environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        if (environment("LARDER_HOME") is { Length: > 0 } named)
        {
            return new LarderHome(named);
        }

        // Not verified: of a folder that does not exist the runtime would say nothing, and a home below nothing is in the current folder.
        var user = environment("HOME") is { Length: > 0 } home
            ? home
            : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
        return Path.IsPathRooted(user) ? new LarderHome(Path.Combine(user, ".larder")) : null;
    }
}
