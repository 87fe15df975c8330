using Larder.Model.Engines;
using Larder.Model.Plans;
using Larder.Model.Specs;

namespace Larder.Model.Tests.Plans;

/// <summary>Engines and specs to plan with.</summary>
internal static class Catalogue
{
    public static readonly EngineInstallation Redis70 = Engine(EngineFamily.Redis, "7.0.15");
    public static readonly EngineInstallation Redis72 = Engine(EngineFamily.Redis, "7.2.4");
    public static readonly EngineInstallation Redis80 = Engine(EngineFamily.Redis, "8.0.2");
    public static readonly EngineInstallation Valkey81 = Engine(EngineFamily.Valkey, "8.1.1");
    public static readonly EngineInstallation Garnet = Engine(EngineFamily.Garnet, "2.2.8");

    public static readonly EngineInstallation[] All = [Garnet, Redis70, Valkey81, Redis80, Redis72];

    public static PlanContext With(EngineInstallation? installed, params EngineInstallation[] catalogue) =>
        new() { Catalogue = catalogue.Length == 0 ? All : catalogue, Installation = installed };

    public static CacheSpec Spec(string version = "latest", EngineFamily? engine = null) => new()
    {
        Name = "orders",
        Engine = engine,
        Redis = new RedisSpec { RedisVersion = version, Capacity = 1, ReplicasPerPrimary = 1 },
    };

    private static EngineInstallation Engine(EngineFamily family, string version) => new()
    {
        Family = family,
        Version = Version.Parse(version),
        ServerPath = $"/engines/{family}-{version}",
        Executable = $"/engines/{family}-{version}",
        Origin = "PATH",
    };
}
