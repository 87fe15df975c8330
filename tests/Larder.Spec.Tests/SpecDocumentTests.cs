using System.Text.Json;
using CsCheck;
using Larder.Model.Specs;

namespace Larder.Spec.Tests;

/// <summary>The JSON form of a spec carries all of it, there and back.</summary>
public sealed class SpecDocumentTests
{
    private static readonly JsonSerializerOptions WithConverter = new() { Converters = { new CacheSpecJsonConverter() } };

    [Fact]
    public void Any_spec_survives_the_round_trip() => SpecGenerators.Specs.Sample(spec =>
    {
        Assert.Equal(spec, SpecDocument.Deserialize(SpecDocument.Serialize(spec)));
        Assert.Equal(spec, SpecDocument.Deserialize(SpecDocument.Serialize(spec, indented: true)));
    });

    [Fact]
    public void Any_spec_survives_as_a_file_read_as_YAML_or_as_a_request() => SpecGenerators.Specs.Sample(spec =>
        Assert.Equal(spec, SpecLoader.Parse(SpecDocument.Serialize(spec, indented: true), "request").Spec));

    [Fact]
    public void Any_spec_survives_inside_another_document() => SpecGenerators.Specs.Sample(
        spec =>
        {
            var json = JsonSerializer.Serialize(new Holder(spec), WithConverter);
            Assert.Equal(spec, JsonSerializer.Deserialize<Holder>(json, WithConverter)!.Spec);
        },
        iter: 20);

    [Fact]
    public void Serialize_FullSpec_WritesTheFormsWords()
    {
        var spec = new CacheSpec
        {
            Name = "orders",
            Preset = "production",
            Redis = new RedisSpec { RedisVersion = "7", Capacity = 3, ReplicasPerPrimary = 2, Persistence = PersistenceMode.Rdb, RdbPersistence = 60 },
            Engine = EngineFamily.Valkey,
            Failover = new FailoverSpec { UncertainWrites = UncertainWrites.Close },
            PublicNetworkAccess = true,
            Endpoint = new EndpointSpec { Address = "10.0.0.5", TlsPort = 7000 },
            Certificate = new CertificateSpec("c.pem", "k.pem"),
        };
        Assert.Equal(
            """{"name":"orders","preset":"production","redis":{"redis_version":"7","capacity":3,"replicas_per_primary":2,"persistence":"RDB","rdb_persistence":60,"non_ssl_port":false},"cluster":{"enable_cluster":false},"monitoring":{"mode":"AUTOMATED"},"engine":"valkey","durability":"async","failover":{"hold_ms":5000,"retry_reads":true,"retry_not_executed":true,"uncertain_writes":"close","quorum_timeout_ms":3000},"backup":{"storage":"local","max_snapshot_count":1,"restore":"manual","second_storage":"second","window_hours":0},"publicNetworkAccess":"Enabled","endpoint":{"address":"10.0.0.5","tls_port":7000},"certificate":{"certificate_file":"c.pem","key_file":"k.pem"}}""",
            SpecDocument.Serialize(spec));
    }

    [Fact]
    public void Deserialize_NotASpec_SaysEveryMistake()
    {
        var exception = Assert.Throws<FormatException>(() => SpecDocument.Deserialize("""{"name":"-","redis":{"capacity":9,"replicas_per_primary":1}}"""));
        Assert.Contains("name: \"-\" is not allowed", exception.Message, StringComparison.Ordinal);
        Assert.Contains("redis.capacity: 9 is not allowed", exception.Message, StringComparison.Ordinal);
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Holder>("""{"Spec":{"name":"a"}}""", WithConverter));
    }

    private sealed record Holder(CacheSpec Spec);
}
