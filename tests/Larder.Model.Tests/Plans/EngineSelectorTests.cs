using Larder.Model.Engines;
using Larder.Model.Plans;
using Larder.Model.Specs;

namespace Larder.Model.Tests.Plans;

/// <summary>Which engine a cache gets, and that it keeps it.</summary>
public sealed class EngineSelectorTests
{
    [Theory]
    [InlineData(null, "latest", "Redis 8.0.2")]
    [InlineData(null, "7", "Redis 7.2.4")]
    [InlineData(null, "7.0", "Redis 7.0.15")]
    [InlineData(null, "8.1", "Valkey 8.1.1")]
    [InlineData(EngineFamily.Redis, "8", "Redis 8.0.2")]
    [InlineData(EngineFamily.Valkey, "latest", "Valkey 8.1.1")]
    [InlineData(EngineFamily.Valkey, "8", "Valkey 8.1.1")]
    [InlineData(EngineFamily.Garnet, "latest", "Garnet 2.2.8")]
    [InlineData(EngineFamily.Garnet, "7", "Garnet 2.2.8")]
    [InlineData(EngineFamily.Garnet, "7.2", "Garnet 2.2.8")]
    [InlineData(EngineFamily.Garnet, "6", "Garnet 2.2.8")]
    public void The_newest_that_meets_the_version_is_chosen(EngineFamily? family, string version, string expected)
    {
        var selection = EngineSelector.Select(Catalogue.Spec(version, family), Catalogue.All);
        Assert.True(selection.IsFound);
        Assert.Null(selection.Refusal);
        Assert.Equal(expected, Show(selection.Installation));
    }

    [Theory]
    [InlineData("latest")]
    [InlineData("4")]
    [InlineData("6")]
    [InlineData("7")]
    [InlineData("7.2")]
    public void Garnet_serves_where_nothing_else_is_installed(string version) =>
        Assert.Same(Catalogue.Garnet, EngineSelector.Select(Catalogue.Spec(version), [Catalogue.Garnet]).Installation);

    [Fact]
    public void Garnet_never_stands_in_for_a_version_that_is_missing()
    {
        var refusal = EngineSelector.Select(Catalogue.Spec("6"), [Catalogue.Garnet, Catalogue.Redis70]).Refusal!;
        Assert.Equal("redis.redis_version", refusal.Field);
        Assert.Equal("No redis or valkey engine of version 6 is installed on this host; it has redis 7.0.15, garnet 2.2.8.", refusal.Why);
    }

    [Fact]
    public void Valkey_serves_where_no_Redis_meets_the_version() =>
        Assert.Same(Catalogue.Valkey81, EngineSelector.Select(Catalogue.Spec(), [Catalogue.Garnet, Catalogue.Valkey81]).Installation);

    [Fact]
    public void Of_equals_the_first_in_the_catalogue_is_chosen()
    {
        var second = Catalogue.Redis70 with { ServerPath = "/opt/other" };
        Assert.Same(Catalogue.Redis70, EngineSelector.Select(Catalogue.Spec("7"), [Catalogue.Redis70, second]).Installation);
        Assert.Same(second, EngineSelector.Select(Catalogue.Spec("7"), [second, Catalogue.Redis70]).Installation);
    }

    [Theory]
    [InlineData(null, "99", "No redis or valkey engine of version 99 is installed on this host; it has redis 8.0.2, redis 7.2.4, redis 7.0.15, valkey 8.1.1, garnet 2.2.8.")]
    [InlineData(null, "7.1", "No redis or valkey engine of version 7.1 is installed on this host; it has redis 8.0.2, redis 7.2.4, redis 7.0.15, valkey 8.1.1, garnet 2.2.8.")]
    [InlineData(EngineFamily.Valkey, "7", "No valkey engine of version 7 is installed on this host; it has redis 8.0.2, redis 7.2.4, redis 7.0.15, valkey 8.1.1, garnet 2.2.8.")]
    [InlineData(EngineFamily.Garnet, "8", "Garnet does what Redis 7.4 does, not Redis 8; it has redis 8.0.2, redis 7.2.4, redis 7.0.15, valkey 8.1.1, garnet 2.2.8.")]
    [InlineData(null, "newest", "'newest' is not a version.")]
    public void A_version_that_is_not_in_the_catalogue_lists_what_is(EngineFamily? family, string version, string why)
    {
        var refusal = EngineSelector.Select(Catalogue.Spec(version, family), Catalogue.All).Refusal!;
        Assert.Equal(("redis.redis_version", version, why), (refusal.Field, refusal.Wanted, refusal.Why));
        Assert.NotEmpty(refusal.Instead);
    }

    [Fact]
    public void A_family_that_is_not_installed_is_refused_by_name()
    {
        var refusal = EngineSelector.Select(Catalogue.Spec(engine: EngineFamily.Valkey), [Catalogue.Redis70]).Refusal!;
        Assert.Equal("engine", refusal.Field);
        Assert.Equal("No valkey engine is installed on this host; it has redis 7.0.15.", refusal.Why);
    }

    [Fact]
    public void An_empty_catalogue_says_so() =>
        Assert.Equal("No engine is installed on this host.", EngineSelector.Select(Catalogue.Spec(), []).Refusal!.Why);

    [Theory]
    [InlineData("7", "7")]
    [InlineData("7.0", "7")]
    [InlineData("latest", "7")]
    [InlineData("latest", "7.0")]
    [InlineData("latest", "latest")]
    public void A_cache_keeps_its_engine_as_long_as_it_meets_the_version(string before, string after) => Assert.Same(
        Catalogue.Redis70, Reselect(Catalogue.Redis70, before, after).Installation);

    [Theory]
    [InlineData("7", "7.2", "Redis 7.2.4")]
    [InlineData("7", "8", "Redis 8.0.2")]
    [InlineData("7", "latest", "Redis 8.0.2")]
    public void A_changed_version_moves_it_upwards_within_its_family(string before, string after, string expected) =>
        Assert.Equal(expected, Show(Reselect(Catalogue.Redis70, before, after).Installation!));

    [Theory]
    [InlineData("7", "6")]
    [InlineData("7", "6.2")]
    [InlineData("latest", "4")]
    public void A_lower_version_is_refused(string before, string after)
    {
        var refusal = Reselect(Catalogue.Redis70, before, after).Refusal!;
        Assert.Equal(("redis.redis_version", "7.0.15", after), (refusal.Field, refusal.Current, refusal.Wanted));
        Assert.Contains("only goes up", refusal.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lower_minor_is_refused_too() => Assert.Contains(
        "only goes up", Reselect(Catalogue.Redis72, "7", "7.0").Refusal!.Why, StringComparison.Ordinal);

    [Fact]
    public void A_higher_version_that_is_not_installed_lists_the_catalogue() => Assert.Equal(
        "No redis engine of version 9 is installed on this host; it has redis 8.0.2, redis 7.2.4, redis 7.0.15, valkey 8.1.1, garnet 2.2.8.",
        Reselect(Catalogue.Redis70, "7", "9").Refusal!.Why);

    [Theory]
    [InlineData("6", "7")]
    [InlineData("7", "6")]
    [InlineData("7", "latest")]
    public void Garnet_stays_for_every_version_that_it_serves(string before, string after) =>
        Assert.Same(Catalogue.Garnet, Reselect(Catalogue.Garnet, before, after).Installation);

    [Fact]
    public void Latest_keeps_what_runs_where_the_catalogue_has_nothing_newer() => Assert.Same(
        Catalogue.Redis80,
        EngineSelector.Reselect(Catalogue.Spec("8"), Catalogue.Spec("latest"), Catalogue.Redis80, [Catalogue.Redis70, Catalogue.Valkey81]).Installation);

    [Fact]
    public void Another_family_is_refused()
    {
        var refusal = EngineSelector.Reselect(
            Catalogue.Spec(), Catalogue.Spec(engine: EngineFamily.Garnet), Catalogue.Redis70, Catalogue.All).Refusal!;
        Assert.Equal(("engine", "redis", "garnet"), (refusal.Field, refusal.Current, refusal.Wanted));
    }

    private static EngineSelection Reselect(EngineInstallation installed, string before, string after) =>
        EngineSelector.Reselect(Catalogue.Spec(before), Catalogue.Spec(after), installed, Catalogue.All);

    private static string Show(EngineInstallation engine) => $"{engine.Family} {engine.Version}";
}
