using System.Globalization;
using Larder.Model.Engines;
using Larder.Model.Specs;

namespace Larder.Model.Plans;

/// <summary>What <c>redis_version</c> asks for: <c>latest</c>, a major, or a major.minor.</summary>
internal sealed record VersionRequest
{
    /// <summary>
    /// The Redis version that Garnet says it is compatible with. Garnet's own numbers (2.x) mean nothing to a Redis client, so
    /// <c>redis_version</c> is compared with this one, majors only: a request for Redis 7 or older is met.
    /// </summary>
    private static readonly Version GarnetCompatibility = new(7, 4, 3);

    private VersionRequest(string text, int? major, int? minor)
    {
        Text = text;
        Major = major;
        Minor = minor;
    }

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>Whether the newest is wanted, whatever it is.</summary>
    public bool IsLatest => Major is null;

    private int? Major { get; }

    private int? Minor { get; }

    /// <summary>Reads a request.</summary>
    /// <param name="text">A value of <c>redis_version</c>.</param>
    /// <returns>The request, or <c>null</c> where the text is none.</returns>
    public static VersionRequest? Parse(string text)
    {
        if (text == "latest")
        {
            return new VersionRequest(text, null, null);
        }

        var parts = text.Split('.');
        var minor = -1;
        return parts.Length <= 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major)
            && (parts.Length == 1 || int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out minor))
            ? new VersionRequest(text, major, parts.Length == 1 ? null : minor)
            : null;
    }

    /// <summary>Whether an engine is what was asked for.</summary>
    /// <param name="engine">The engine.</param>
    /// <returns>Whether it is.</returns>
    public bool IsMetBy(EngineInstallation engine)
    {
        if (IsLatest)
        {
            return true;
        }

        return engine.Family == EngineFamily.Garnet
            ? Major <= GarnetCompatibility.Major
            : Major == engine.Version.Major && (Minor is null || Minor == engine.Version.Minor);
    }

    /// <summary>Whether less is asked for than an engine is. Garnet never is more than what is asked for: see the type.</summary>
    /// <param name="engine">The engine.</param>
    /// <returns>Whether it is a step down.</returns>
    public bool IsBelow(EngineInstallation engine) =>
        engine.Family != EngineFamily.Garnet && IsBelow(engine.Version.Major, engine.Version.Minor);

    /// <summary>Whether less is asked for than by another request; <c>latest</c> is neither below nor above.</summary>
    /// <param name="other">The other.</param>
    /// <returns>Whether it is a step down.</returns>
    public bool IsBelow(VersionRequest other) => other.Major is { } major && IsBelow(major, other.Minor);

    private bool IsBelow(int major, int? minor) =>
        Major < major || (Major == major && minor is not null && Minor < minor);
}
