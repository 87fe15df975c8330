using Larder.Model.Specs;

namespace Larder.Spec.Tests;

/// <summary>What good specs come to: presets, overrides, defaults, the ways to write a value.</summary>
public sealed class SpecLoaderValuesTests
{
    [Theory]
    [InlineData("development", 1, 1)]
    [InlineData("production", 3, 2)]
    public void Two_lines_with_a_preset_are_a_spec(string preset, int capacity, int replicas)
    {
        var spec = Load($"name: dev\npreset: {preset}\n");
        Assert.Equal("dev", spec.Name);
        Assert.Equal(preset, spec.Preset);
        Assert.Equal(new RedisSpec { Capacity = capacity, ReplicasPerPrimary = replicas }, spec.Redis);
        Assert.Equal(new CacheSpec { Name = "dev", Preset = preset, Redis = spec.Redis }, spec);
    }

    [Fact]
    public void Presets_can_be_printed_and_are_specs_but_for_the_name()
    {
        Assert.Equal(["development", "production"], SpecPresets.All.Select(preset => preset.Name));
        Assert.All(SpecPresets.All, preset =>
        {
            Assert.StartsWith($"# {preset.Name}:", preset.Text, StringComparison.Ordinal);
            Assert.Equal(Load($"name: x\npreset: {preset.Name}"), Load($"name: x\n{preset.Text}") with { Preset = preset.Name });
        });
    }

    [Fact]
    public void A_file_overrides_its_preset_field_by_field()
    {
        var spec = Load("name: x\npreset: production\nredis: { capacity: 1, persistence: RDB }\ncluster: { enable_cluster: true, shard_count: 3 }\nmonitoring: { mode: DISABLED }");
        Assert.Equal(new RedisSpec { Capacity = 1, ReplicasPerPrimary = 2, Persistence = PersistenceMode.Rdb, RdbPersistence = 15 }, spec.Redis);
        Assert.Equal(3, spec.ShardCount);
        Assert.Equal(MonitoringMode.Disabled, spec.Monitoring.Mode);
    }

    [Theory]
    [InlineData("7", "7")]
    [InlineData("\"7\"", "7")]
    [InlineData("'7.0'", "7.0")]
    [InlineData("7.0", "7.0")]
    [InlineData("7.10", "7.10")]
    [InlineData("latest", "latest")]
    public void A_version_is_what_is_written_with_or_without_quotes(string written, string expected) =>
        Assert.Equal(expected, Load($"name: x\npreset: development\nredis: {{ redis_version: {written} }}").Redis.RedisVersion);

    [Fact]
    public void JSON_takes_a_number_as_version_too()
    {
        Assert.Equal("7.0", SpecLoader.Parse("""{"name":"x","preset":"development","redis":{"redis_version":7.0}}""", "x.json").Spec!.Redis.RedisVersion);
    }

    [Theory]
    [InlineData("0x1", 1)]
    [InlineData("0o3", 3)]
    [InlineData("2.0", 2)]
    [InlineData("+4", 4)]
    public void Whole_numbers_may_be_written_in_every_way_of_the_core_schema(string written, int expected) =>
        Assert.Equal(expected, Load($"name: x\npreset: development\nredis: {{ capacity: {written} }}").Redis.Capacity);

    [Theory]
    [InlineData("True", true)]
    [InlineData("FALSE", false)]
    public void Booleans_of_the_core_schema_are_taken(string written, bool expected) =>
        Assert.Equal(expected, Load($"name: x\npreset: development\nredis: {{ non_ssl_port: {written} }}").Redis.NonSslPort);

    [Theory]
    [InlineData("a")]
    [InlineData("7")]
    [InlineData("0x10")]
    [InlineData("a-b-1")]
    [InlineData("Orders-EU")]
    [InlineData("a23456789012345678901234567890123456789012345678901234567890123")]
    public void Names_up_to_63_characters_are_taken_as_written(string name) =>
        Assert.Equal(name, Load($"name: {name}\npreset: development").Name);

    [Fact]
    public void Alarms_of_mode_CUSTOM_are_read()
    {
        var spec = Load(
            "name: x\npreset: development\nmonitoring:\n  mode: CUSTOM\n  alarms:\n    cpu_metric_alert: { severity: 0, frequency: PT1M, window_size: P1D, "
            + "aggregation: Total, operator: Equals, threshold: 100 }");
        Assert.Equal(new AlarmSpec(0, "PT1M", "P1D", "Total", "Equals", 100), Assert.Single(spec.Monitoring.Alarms).Value);
    }

    [Fact]
    public void JSON_may_be_indented_with_tabs_and_use_its_escapes()
    {
        const string json = "{\n\t\"name\": \"\\u0078\",\n\t\"preset\": \"development\",\n\t\"certificate\": { \"certificate_file\": \"\\/c\\ud83d\\ude00\", \"key_file\": \"k\" }\n}";
        Assert.Equal("/c\U0001F600", SpecLoader.Parse(json, "x.json").Spec?.Certificate?.CertificateFile);
        Assert.Equal("/c\U0001F600", SpecLoader.Parse(json, "request").Spec?.Certificate?.CertificateFile);
    }

    [Fact]
    public void A_byte_order_mark_and_line_ends_of_Windows_are_taken()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal("x", SpecLoader.Load(folder.Write("a.yaml", "\uFEFFname: x\r\npreset: development\r\n")).Spec?.Name);
    }

    [Theory]
    [InlineData("development")]
    [InlineData("production")]
    public void The_examples_load(string name)
    {
        var result = SpecLoader.Load(Path.Combine(AppContext.BaseDirectory, "examples", $"{name}.yaml"));
        Assert.Empty(result.Errors);
        Assert.Equal(name, result.Spec!.Preset);
    }

    [Fact]
    public void The_development_example_fits_a_laptop()
    {
        var spec = SpecLoader.Load(Path.Combine(AppContext.BaseDirectory, "examples", "development.yaml")).Spec!;
        Assert.Equal("dev", spec.Name);
        Assert.Equal("latest", spec.Redis.RedisVersion);
        Assert.Equal(64, CapacitySizes.NodeMb(spec));
        Assert.Null(spec.Engine);
    }

    private static CacheSpec Load(string text)
    {
        var result = SpecLoader.Parse(text, "test.yaml");
        Assert.Empty(result.Errors);
        return result.Spec!;
    }
}
