using CsCheck;

namespace Larder.Spec.Tests;

/// <summary>Every mistake in a spec's fields gets the text that stands here: field, value, what is allowed, and the way out.</summary>
public sealed class SpecLoaderErrorsTests
{
    private const string Head = "name: dev\npreset: development\n";

    [Theory]
    [InlineData("redis: { capacity: 6 }", "3:20: redis.capacity: 6 is not allowed; allowed: 1, 2, 3, 4 or 5 (6, 13, 26, 53 or 120 GB per shard)")]
    [InlineData("redis: { capacity: 1.5 }", "3:20: redis.capacity: 1.5 is a number; allowed: 1, 2, 3, 4 or 5 (6, 13, 26, 53 or 120 GB per shard)")]
    [InlineData("redis: { capacity: \"1\" }", "3:20: redis.capacity: \"1\" is a text; allowed: 1, 2, 3, 4 or 5 (6, 13, 26, 53 or 120 GB per shard). Remove the quotes.")]
    [InlineData("redis: { capacity: one }", "3:20: redis.capacity: \"one\" is a text; allowed: 1, 2, 3, 4 or 5 (6, 13, 26, 53 or 120 GB per shard)")]
    [InlineData("redis: { capacity: [1] }", "3:20: redis.capacity: is a list; allowed: 1, 2, 3, 4 or 5 (6, 13, 26, 53 or 120 GB per shard)")]
    [InlineData("redis: { capacity: }", "3:20: redis.capacity: has no value; allowed: 1, 2, 3, 4 or 5 (6, 13, 26, 53 or 120 GB per shard). Give it a value, or remove it.")]
    [InlineData("redis: { replicas_per_primary: 0 }", "3:32: redis.replicas_per_primary: 0 is not allowed; allowed: 1, 2 or 3")]
    [InlineData("redis: { replicas_per_primary: 4 }", "3:32: redis.replicas_per_primary: 4 is not allowed; allowed: 1, 2 or 3")]
    [InlineData("redis: { replicas_per_primary: 99999999999999999999999999999999999 }", "3:32: redis.replicas_per_primary: 99999999999999999999999999999999999 is a whole number; allowed: 1, 2 or 3")]
    [InlineData("redis: { persistence: RDB, rdb_persistence: 20 }", "3:45: redis.rdb_persistence: 20 is not allowed; allowed: 15, 30, 60, 360, 720 or 1440 (minutes)")]
    [InlineData("redis: { rdb_persistence: 15 }", "3:10: redis.rdb_persistence: is for persistence: RDB only; leave it out, or set persistence: RDB")]
    [InlineData("redis: { persistence: AOF, rdb_persistence: 15 }", "3:28: redis.rdb_persistence: is for persistence: RDB only; leave it out, or set persistence: RDB")]
    [InlineData("redis: { persistence: rdb }", "3:23: redis.persistence: \"rdb\" is not allowed; allowed: Disabled, RDB, AOF or AOF_DUAL. Did you mean RDB?")]
    [InlineData("redis: { persistence: RBD, rdb_persistence: 15 }", "3:23: redis.persistence: \"RBD\" is not allowed; allowed: Disabled, RDB, AOF or AOF_DUAL. Did you mean RDB?")]
    [InlineData("redis: { non_ssl_port: yes }", "3:24: redis.non_ssl_port: \"yes\" is a text; allowed: true or false. YAML 1.2 reads yes as a text; write true.")]
    [InlineData("redis: { non_ssl_port: off }", "3:24: redis.non_ssl_port: \"off\" is a text; allowed: true or false. YAML 1.2 reads off as a text; write false.")]
    [InlineData("redis: { non_ssl_port: \"true\" }", "3:24: redis.non_ssl_port: \"true\" is a text; allowed: true or false. Remove the quotes.")]
    [InlineData("redis: { redis_version: 7.0.15 }", "3:25: redis.redis_version: \"7.0.15\" is not allowed; allowed: a major (\"7\"), a major.minor (\"7.0\"), or latest")]
    [InlineData("redis: { redis_version: 1e3 }", "3:25: redis.redis_version: 1e3 is not allowed; allowed: a major (\"7\"), a major.minor (\"7.0\"), or latest")]
    [InlineData("redis: { redis_version: true }", "3:25: redis.redis_version: true is a boolean; allowed: a major (\"7\"), a major.minor (\"7.0\"), or latest. Put it in quotes.")]
    [InlineData("redis: { capcity: 1 }", "3:10: redis.capcity: is not a field of the form; allowed: redis_version, capacity, replicas_per_primary, persistence, rdb_persistence and non_ssl_port. Did you mean capacity?")]
    [InlineData("redis: { replicasPerPrimary: 1 }", "3:10: redis.replicasPerPrimary: is not a field of the form; allowed: redis_version, capacity, replicas_per_primary, persistence, rdb_persistence and non_ssl_port. Did you mean replicas_per_primary?")]
    [InlineData("capacity: 1", "3:1: capacity: is not a field of the form; allowed: name, preset, redis, cluster, monitoring, engine, durability, failover, access, firewall, backup, memory_mb, publicNetworkAccess, endpoint and certificate. Did you mean redis.capacity?")]
    [InlineData("sku: 1", "3:1: sku: is not a field of the form; allowed: name, preset, redis, cluster, monitoring, engine, durability, failover, access, firewall, backup, memory_mb, publicNetworkAccess, endpoint and certificate")]
    [InlineData("<<: 1", "3:1: <<: is not a field of the form; allowed: name, preset, redis, cluster, monitoring, engine, durability, failover, access, firewall, backup, memory_mb, publicNetworkAccess, endpoint and certificate")]
    [InlineData("firewall: { office: 10.0.0.300 }", "3:21: firewall.office: \"10.0.0.300\" is not allowed; allowed: an address, two addresses with a hyphen between them, or a network, such as 10.0.0.0/24")]
    [InlineData("firewall: { office: 10.0.0.9-10.0.0.1 }", "3:21: firewall.office: \"10.0.0.9-10.0.0.1\" is not allowed; allowed: an address, two addresses with a hyphen between them, or a network, such as 10.0.0.0/24")]
    [InlineData("firewall: { my-office: 10.0.0.1 }", "3:13: firewall.my-office: 'my-office' is not a name that is allowed here; allowed: letters, digits and underscores")]
    [InlineData("firewall: on", "3:11: firewall: \"on\" is a text; allowed: a mapping of names and values")]
    [InlineData("access: { policies: { \"Data Owner\": \"+@all\" } }", "3:23: access.policies.Data Owner: 'Data Owner' is not a name that is allowed here; allowed: 1 to 63 letters, digits, hyphens and inner spaces, and none of the built-in names")]
    [InlineData("access: { policies: { p: \"on >secret +@all\" } }", "3:26: access.policies.p: \"on >secret +@all\" is not allowed; allowed: rules of Redis ACLs without users and passwords, such as +@read +set ~orders:*")]
    [InlineData("access: { policies: { p: nopass } }", "3:26: access.policies.p: \"nopass\" is not allowed; allowed: rules of Redis ACLs without users and passwords, such as +@read +set ~orders:*")]
    [InlineData("access: { policies: { p: \"\" } }", "3:26: access.policies.p: \"\" is not allowed; allowed: rules of Redis ACLs without users and passwords, such as +@read +set ~orders:*")]
    [InlineData("access: { users: { default: Data Owner } }", "3:20: access.users.default: 'default' is not a name that is allowed here; allowed: 1 to 128 letters, digits, dots, hyphens, underscores and @, but not default, larder or gateway")]
    [InlineData("access: { users: { \"a b\": Data Owner } }", "3:20: access.users.a b: 'a b' is not a name that is allowed here; allowed: 1 to 128 letters, digits, dots, hyphens, underscores and @, but not default, larder or gateway")]
    [InlineData("access: { users: { app: [Data Owner] } }", "3:25: access.users.app: is a list; allowed: the name of an access policy")]
    [InlineData("access: { user: { app: Data Owner } }", "3:11: access.user: is not a field of the form; allowed: policies and users. Did you mean users?")]
    [InlineData("cluster: { shard_count: 3 }", "3:12: cluster.shard_count: is for enable_cluster: true only; leave it out, or set enable_cluster: true")]
    [InlineData("cluster: { enable_cluster: false, shard_count: 3 }", "3:35: cluster.shard_count: is for enable_cluster: true only; leave it out, or set enable_cluster: true")]
    [InlineData("cluster: { enable_cluster: true }", "3:1: cluster.shard_count: is missing; allowed: a whole number from 1 to 10")]
    [InlineData("cluster: { enable_cluster: true, shard_count: 11 }", "3:47: cluster.shard_count: 11 is not allowed; allowed: a whole number from 1 to 10")]
    [InlineData("cluster: on", "3:10: cluster: \"on\" is a text; allowed: a mapping with enable_cluster and shard_count")]
    [InlineData("monitoring:", "3:12: monitoring: has no value; allowed: a mapping with mode and alarms. Give it a value, or remove it.")]
    [InlineData("monitoring: { alarms: {} }", "3:15: monitoring.alarms: is for mode: CUSTOM only; leave it out, or set mode: CUSTOM")]
    [InlineData("monitoring: { mode: CUSTOM, alarms: { disk: {} } }", "3:39: monitoring.alarms.disk: is not a field of the form; allowed: cpu_metric_alert, memory_metric_alert and server_load_metric_alert")]
    [InlineData("monitoring: { mode: CUSTOM, alarms: { cpu_metric_alert: { severity: 5, frequency: PT1M, window_size: P1D, aggregation: Total, operator: Equals, threshold: 1 } } }", "3:69: monitoring.alarms.cpu_metric_alert.severity: 5 is not allowed; allowed: 0 Critical, 1 Error, 2 Warning, 3 Information or 4 Verbose (the number)")]
    [InlineData("monitoring: { mode: CUSTOM, alarms: { cpu_metric_alert: { severity: 1, frequency: PT1M, window_size: P1D, aggregation: Total, operator: Equals } } }", "3:39: monitoring.alarms.cpu_metric_alert.threshold: is missing; allowed: a whole number from 0 to 100. The usual value is 90.")]
    [InlineData("engine: Redis", "3:9: engine: \"Redis\" is not allowed; allowed: redis, valkey or garnet. Did you mean redis?")]
    [InlineData("durability: sync", "3:13: durability: \"sync\" is not allowed; allowed: async or quorum. Did you mean async?")]
    [InlineData("memory_mb: 8", "3:12: memory_mb: 8 is not allowed; allowed: a whole number from 16 to 122880")]
    [InlineData("memory_mb: 64mb", "3:12: memory_mb: \"64mb\" is a text; allowed: a whole number from 16 to 122880")]
    [InlineData("publicNetworkAccess: true", "3:22: publicNetworkAccess: true is not allowed; allowed: Enabled or Disabled")]
    [InlineData("endpoint: { address: 010.0.0.1 }", "3:22: endpoint.address: \"010.0.0.1\" is not allowed; allowed: an IP address, such as 127.0.0.1 or 10.0.0.5")]
    [InlineData("endpoint: { tls_port: 65536 }", "3:23: endpoint.tls_port: 65536 is not allowed; allowed: a whole number from 1 to 65535")]
    [InlineData("endpoint: { host_name: \"a b\" }", "3:24: endpoint.host_name: \"a b\" is not allowed; allowed: a DNS name, such as cache.example.org")]
    [InlineData("certificate: { certificate_file: c.pem }", "3:1: certificate.key_file: is missing; allowed: the path of a PEM file")]
    [InlineData("certificate: { certificate_file: '', key_file: k }", "3:34: certificate.certificate_file: \"\" is not allowed; allowed: the path of a PEM file")]
    [InlineData("name: other", "3:1: name: is given twice, first in line 1. Remove one of the two.")]
    public void A_mistake_is_told_in_full(string line, string expected) => Assert.Equal([$"dev.yaml:{expected}"], Mistakes(Head + line));

    [Theory]
    [InlineData("\"my cache\"", "\"my cache\" is not allowed")]
    [InlineData("-dev", "\"-dev\" is not allowed")]
    [InlineData("dev-", "\"dev-\" is not allowed")]
    [InlineData("a--b", "\"a--b\" is not allowed")]
    [InlineData("a_b", "\"a_b\" is not allowed")]
    [InlineData("d\u00e9v", "\"d\u00e9v\" is not allowed")]
    [InlineData("\"dev\\n\"", "\"dev\\n\" is not allowed")]
    [InlineData("\"\\e[31m\"", "\"\\u{1b}[31m\" is not allowed")]
    [InlineData("../x", "\"../x\" is not allowed")]
    [InlineData("''", "\"\" is not allowed")]
    [InlineData("1.5", "1.5 is not allowed")]
    [InlineData("a234567890123456789012345678901234567890123456789012345678901234", "\"a23456789012345678901234567890123456789012345678901234567890… (64 characters)\" is too long or not allowed")]
    public void A_bad_name_is_refused(string name, string problem) => Assert.Equal(
        [$"dev.yaml:1:7: name: {problem}; allowed: 1 to 63 letters, digits and single hyphens, with a letter or digit at both ends"],
        Mistakes($"name: {name}\npreset: development"));

    [Fact]
    public void Without_a_preset_the_missing_fields_are_named()
    {
        Assert.Equal(
            [
                "dev.yaml:1:1: name: is missing; allowed: 1 to 63 letters, digits and single hyphens, with a letter or digit at both ends",
                "dev.yaml:1:1: redis.replicas_per_primary: is missing; allowed: 1, 2 or 3. A preset (development, production) would set it.",
            ],
            Mistakes("redis: { capacity: 1 }"));
        Assert.Equal(
            ["dev.yaml:1:1: redis: is missing; allowed: a mapping with redis_version, capacity, replicas_per_primary, persistence, rdb_persistence and non_ssl_port. A preset (development, production) would set it."],
            Mistakes("name: dev"));
    }

    [Theory]
    [InlineData("prod", "1:9: preset: \"prod\" is not allowed; allowed: development or production")]
    [InlineData("Production", "1:9: preset: \"Production\" is not allowed; allowed: development or production. Did you mean production?")]
    [InlineData("[a]", "1:9: preset: is a list; allowed: development or production")]
    [InlineData("", "1:8: preset: has no value; allowed: development or production")]
    public void An_unknown_preset_is_one_mistake(string preset, string expected) =>
        Assert.Equal([$"dev.yaml:{expected}"], Mistakes($"preset: {preset}\nname: dev"));

    [Fact]
    public void All_mistakes_come_at_once_in_the_order_of_the_file()
    {
        var result = SpecLoader.Parse(
            "name: a b\npreset: development\nredis:\n  capacity: 6\n  persistance: RDB\n  replicas_per_primary: 0\nengine: redys\nredis: {}\n", "dev.yaml");
        Assert.Null(result.Spec);
        Assert.False(result.IsValid);
        Assert.Equal(
            [(1, 7, "name"), (4, 13, "redis.capacity"), (5, 3, "redis.persistance"), (6, 25, "redis.replicas_per_primary"), (7, 9, "engine"), (8, 1, "redis")],
            result.Errors.Select(error => (error.Line!.Value, error.Column!.Value, error.Field)));
        Assert.Equal(
            [
                SpecErrorKind.NotAllowed, SpecErrorKind.NotAllowed, SpecErrorKind.UnknownField, SpecErrorKind.NotAllowed, SpecErrorKind.NotAllowed,
                SpecErrorKind.Duplicate,
            ],
            result.Errors.Select(error => error.Kind));
        Assert.Equal("6", result.Errors[1].Given);
    }

    [Fact]
    public void Mistakes_in_JSON_have_lines_too()
    {
        var text = "{\n  \"name\": \"\u00e9\u00e9\",\n  \"preset\": \"development\", \"memory_mb\": 1,\n  \"name\": \"x\"\n}";
        string[] expected =
        [
            "2:11: name: \"\u00e9\u00e9\" is not allowed; allowed: 1 to 63 letters, digits and single hyphens, with a letter or digit at both ends",
            "3:41: memory_mb: 1 is not allowed; allowed: a whole number from 16 to 122880",
            "4:3: name: is given twice, first in line 2. Remove one of the two.",
        ];
        Assert.Equal(expected.Select(line => $"dev.json:{line}"), SpecLoader.Parse(text, "dev.json").Errors.Select(error => error.ToString()));
        Assert.Equal(expected.Select(line => $"request:{line}"), SpecLoader.Parse(text, "request").Errors.Select(error => error.ToString()));
    }

    [Fact]
    public void A_file_with_thousands_of_mistakes_lists_a_hundred_and_counts_the_rest()
    {
        var text = Head + string.Concat(Enumerable.Range(0, 5000).Select(index => $"field{index}: 1\n"));
        var errors = SpecLoader.Parse(text, "dev.yaml").Errors;
        Assert.Equal(101, errors.Length);
        Assert.Equal("dev.yaml: 4900 more mistakes are not listed", errors[^1].ToString());
    }

    [Fact]
    public void Whatever_one_field_is_set_to_over_a_preset_no_mistake_lies_outside_the_file() =>
        Gen.Select(
            Gen.OneOf("development", "production"),
            Gen.OneOf(
                "redis: { persistence: RDB }", "redis: { persistence: AOF }", "redis: { redis_version: 6 }", "cluster: { enable_cluster: true, shard_count: 2 }",
                "monitoring: { mode: CUSTOM }", "monitoring: { mode: DISABLED }", "engine: garnet", "durability: quorum", "memory_mb: 16",
                "publicNetworkAccess: Enabled", "endpoint: { tls_port: 1 }"))
        .Sample((preset, line) => Assert.Empty(Mistakes($"name: a\npreset: {preset}\n{line}")));

    private static IEnumerable<string> Mistakes(string text) => SpecLoader.Parse(text, "dev.yaml").Errors.Select(error => error.ToString());
}
