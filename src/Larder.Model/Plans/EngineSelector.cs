using Larder.Model.Engines;
using Larder.Model.Specs;

namespace Larder.Model.Plans;

/// <summary>
/// Chooses the engine of a cache from the catalogue. Pure.
/// <para>
/// With <c>engine</c> in the spec: the newest installation of that family that meets <c>redis_version</c>. Without: Redis if one
/// meets it, else Valkey; Garnet only where neither Redis nor Valkey is installed at all, so that a version that is missing is
/// said to be missing and not replaced by something else. Redis and Valkey are matched by their own version numbers; Garnet, whose
/// numbers are unlike Redis's, meets <c>latest</c> and every major up to the Redis version it is compatible with (7.4).
/// </para>
/// </summary>
public static class EngineSelector
{
    /// <summary>Chooses for a cache that runs no engine yet.</summary>
    /// <param name="spec">The cache.</param>
    /// <param name="catalogue">The engines that can run, in any order; of equals, the first is taken.</param>
    /// <returns>The engine, or a refusal that lists what the catalogue has.</returns>
    public static EngineSelection Select(CacheSpec spec, IReadOnlyList<EngineInstallation> catalogue)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(catalogue);
        if (VersionRequest.Parse(spec.Redis.RedisVersion) is not { } request)
        {
            return EngineSelection.Of(NotAVersion(spec));
        }

        foreach (var family in Families(spec, catalogue))
        {
            if (Newest(family, request, catalogue) is { } engine)
            {
                return EngineSelection.Of(engine);
            }
        }

        return EngineSelection.Of(NotInCatalogue(spec, null, catalogue));
    }

    /// <summary>
    /// Chooses for a cache that runs an engine. It stays as long as it meets the version that is asked for: there is no silent
    /// upgrade, also with <c>latest</c>. Only a changed <c>redis_version</c> moves it, within its family and upwards.
    /// </summary>
    /// <param name="current">The cache as it is.</param>
    /// <param name="desired">The cache as it is wanted.</param>
    /// <param name="installation">The engine that it runs.</param>
    /// <param name="catalogue">The engines that can run.</param>
    /// <returns>The engine, or a refusal.</returns>
    public static EngineSelection Reselect(
        CacheSpec current, CacheSpec desired, EngineInstallation installation, IReadOnlyList<EngineInstallation> catalogue)
    {
        ArgumentNullException.ThrowIfNull(current);
        ArgumentNullException.ThrowIfNull(desired);
        ArgumentNullException.ThrowIfNull(installation);
        ArgumentNullException.ThrowIfNull(catalogue);
        if (desired.Engine is { } family && family != installation.Family && current.Engine != desired.Engine)
        {
            return EngineSelection.Of(OtherFamily(desired.Name, installation.Family, family));
        }

        if (current.Redis.RedisVersion == desired.Redis.RedisVersion)
        {
            return EngineSelection.Of(installation);
        }

        if (VersionRequest.Parse(desired.Redis.RedisVersion) is not { } request)
        {
            return EngineSelection.Of(NotAVersion(desired));
        }

        if (request.IsBelow(installation))
        {
            return EngineSelection.Of(LowerVersion(installation.Version.ToString(), request));
        }

        if (request.IsMetBy(installation) && !request.IsLatest)
        {
            return EngineSelection.Of(installation);
        }

        var newest = Newest(installation.Family, request, catalogue);
        if (newest is not null)
        {
            return EngineSelection.Of(newest.Version > installation.Version ? newest : installation);
        }

        // A catalogue without any engine of the family: latest is then what runs already.
        return request.IsLatest ? EngineSelection.Of(installation) : EngineSelection.Of(NotInCatalogue(desired, installation, catalogue));
    }

    internal static PlanRefusal OtherFamily(string cache, EngineFamily current, EngineFamily wanted) => new(
        "engine", SpecWords.Of(current), SpecWords.Of(wanted),
        "The engine of a cache is chosen when it is created; engines do not read each other's data.",
        $"Keep engine: {SpecWords.Of(current)}, or create a second cache with engine: {SpecWords.Of(wanted)} and move {cache}'s clients to it.");

    internal static PlanRefusal LowerVersion(string current, VersionRequest wanted) => new(
        "redis.redis_version", current, wanted.Text,
        "A cache's version only goes up; an older engine cannot read what a newer one wrote.",
        $"Keep redis_version as it was, or create a second cache with redis_version \"{wanted.Text}\" and fill it anew.");

    private static IEnumerable<EngineFamily> Families(CacheSpec spec, IReadOnlyList<EngineInstallation> catalogue)
    {
        if (spec.Engine is { } family)
        {
            return [family];
        }

        return catalogue.Any(engine => engine.Family != EngineFamily.Garnet)
            ? [EngineFamily.Redis, EngineFamily.Valkey]
            : [EngineFamily.Garnet];
    }

    private static EngineInstallation? Newest(EngineFamily family, VersionRequest request, IReadOnlyList<EngineInstallation> catalogue) =>
        catalogue.Where(engine => engine.Family == family && request.IsMetBy(engine)).MaxBy(engine => engine.Version);

    private static PlanRefusal NotInCatalogue(CacheSpec spec, EngineInstallation? installation, IReadOnlyList<EngineInstallation> catalogue)
    {
        var family = installation?.Family ?? spec.Engine;
        var version = spec.Redis.RedisVersion;
        var has = Describe(catalogue);
        if (spec.Engine is { } wanted && installation is null && !catalogue.Any(engine => engine.Family == wanted))
        {
            return new PlanRefusal(
                "engine", null, SpecWords.Of(wanted),
                $"No {SpecWords.Of(wanted)} engine is installed on this host; {has}.",
                $"Install {SpecWords.Of(wanted)}, or leave engine out to use what is installed. `larder engines` shows the catalogue.");
        }

        if (catalogue.Count == 0)
        {
            return new PlanRefusal(
                "redis.redis_version", installation?.Version.ToString(), version, "No engine is installed on this host.",
                "Install redis-server or valkey-server, or restore the Garnet host that comes with Larder. `larder doctor` tells more.");
        }

        var subject = family is { } one ? SpecWords.Of(one) : "redis or valkey";
        var because = family == EngineFamily.Garnet || (family is null && catalogue.All(engine => engine.Family == EngineFamily.Garnet))
            ? $"Garnet does what Redis 7.4 does, not Redis {version}; {has}."
            : $"No {subject} engine of version {version} is installed on this host; {has}.";
        return new PlanRefusal(
            "redis.redis_version", installation?.Version.ToString(), version, because,
            "Choose one of these versions, write latest, or install the engine. `larder engines` shows the catalogue.");
    }

    private static PlanRefusal NotAVersion(CacheSpec spec) => new(
        "redis.redis_version", null, spec.Redis.RedisVersion,
        $"'{spec.Redis.RedisVersion}' is not a version.", "Write a major (7), a major.minor (7.0), or latest.");

    private static string Describe(IReadOnlyList<EngineInstallation> catalogue) =>
        catalogue.Count == 0 ? "it has no engine at all" : "it has " + string.Join(", ", catalogue
            .OrderBy(engine => engine.Family)
            .ThenByDescending(engine => engine.Version)
            .Select(engine => $"{SpecWords.Of(engine.Family)} {engine.Version}")
            .Distinct());
}
