using System.Collections.Immutable;
using CsCheck;
using Larder.Model.Specs;

namespace Larder.Spec.Tests;

/// <summary>Valid specs, every field of the form in play.</summary>
internal static class SpecGenerators
{
    private static readonly Gen<string> Words = Gen.Char["abcxyzABCXYZ0189"].Array[1, 10].Select(letters => new string(letters));

    private static readonly Gen<AlarmSpec> Alarms = Gen.Select(
        Gen.Int[0, 4], Gen.OneOf("PT1M", "PT5M", "PT15M", "PT30M", "PT1H"), Gen.OneOf("PT1M", "PT6H", "PT12H", "P1D"),
        Gen.OneOf("Average", "Count", "Minimum", "Maximum", "Total"), Gen.OneOf("GreaterThan", "LessThanOrEqual", "NotEquals"), Gen.Int[0, 100],
        (severity, frequency, window, aggregation, operation, threshold) =>
            new AlarmSpec(severity, frequency, window, aggregation, operation, threshold));

    private static readonly Gen<RedisSpec> Redis = Gen.Select(
        Gen.OneOf("latest", "6", "7", "7.0", "7.10", "8"), Gen.Int[1, 5], Gen.Int[1, 3], Gen.Enum<PersistenceMode>(), Gen.Bool,
        Gen.OneOf(15, 30, 60, 360, 720, 1440),
        (version, capacity, replicas, persistence, plain, minutes) => new RedisSpec
        {
            RedisVersion = version,
            Capacity = capacity,
            ReplicasPerPrimary = replicas,
            Persistence = persistence,
            RdbPersistence = persistence == PersistenceMode.Rdb ? minutes : null,
            NonSslPort = plain,
        });

    private static readonly Gen<MonitoringSpec> Monitoring = Gen.Select(Gen.Enum<MonitoringMode>(), Alarms, Alarms, Gen.Int[0, 2], (mode, one, other, count) =>
        new MonitoringSpec
        {
            Mode = mode,
            Alarms = mode != MonitoringMode.Custom
                ? ImmutableSortedDictionary<string, AlarmSpec>.Empty
                : new[] { KeyValuePair.Create("cpu_metric_alert", one), KeyValuePair.Create("server_load_metric_alert", other) }
                    .Take(count)
                    .ToImmutableSortedDictionary(StringComparer.Ordinal),
        });

    private static readonly Gen<EndpointSpec> Endpoint = Gen.Select(
        Gen.OneOf(null, "127.0.0.1", "10.1.2.3", "::1", "fd00::5"), Gen.Int[1, 65535].Nullable(), Gen.Int[1, 65535].Nullable(),
        Gen.OneOf(null, "cache.example.org", "localhost"),
        (address, tls, plain, host) => new EndpointSpec { Address = address, TlsPort = tls, PlainPort = plain, HostName = host });

    private static readonly Gen<CertificateSpec?> Certificate = Gen.Select(Gen.Bool, Gen.OneOf("/etc/c.pem", "a b: #\"\\\u00e9\n.pem"), Words, (given, file, key) =>
        given ? new CertificateSpec(file, key) : null);

    private static readonly Gen<AccessSpec> Access = Gen.Select(
        Gen.Dictionary(Words, Gen.OneOf("+@all allkeys", "+@read +set ~Az*", "-@all +get %R~a +client|list &news*"))[0, 3],
        Gen.Dictionary(Words, Gen.OneOf("Data Owner", "Data Reader", "1"))[0, 3],
        (policies, users) => new AccessSpec
        {
            Policies = policies.ToImmutableSortedDictionary(StringComparer.Ordinal),
            Users = users.ToImmutableSortedDictionary(StringComparer.Ordinal),
        });

    private static readonly Gen<FirewallSpec> Firewall = Gen.Dictionary(Words, Gen.OneOf("10.0.0.5", "10.0.0.5-10.0.0.9", "fd00::/8"))[0, 3]
        .Select(rules => new FirewallSpec { Rules = rules.ToImmutableSortedDictionary(StringComparer.Ordinal) });

    private static readonly Gen<FailoverSpec> Failover = Gen.Select(
        Gen.Int[0, FailoverSpec.MaxMilliseconds], Gen.Bool, Gen.Bool, Gen.Enum<UncertainWrites>(), Gen.Int[1, FailoverSpec.MaxMilliseconds],
        (hold, reads, notExecuted, uncertain, quorum) => new FailoverSpec
        {
            HoldMs = hold,
            RetryReads = reads,
            RetryNotExecuted = notExecuted,
            UncertainWrites = uncertain,
            QuorumTimeoutMs = quorum,
        });

    private static readonly Gen<BackupSpec> Backup = Gen.Select(Words, Gen.Int[1, 1000], Gen.Enum<RestoreMode>(), Words, Gen.Int[0, 168], (storage, count, restore, second, window) =>
        new BackupSpec
        {
            Storage = storage.ToLowerInvariant(),
            MaxSnapshotCount = count,
            Restore = restore,
            SecondStorage = second.ToLowerInvariant(),
            WindowHours = window,
        });

    /// <summary>Any valid spec.</summary>
    public static Gen<CacheSpec> Specs { get; } = Gen.Select(
        Gen.Select(Words, Words, (one, other) => $"{one}-{other}"), Gen.OneOf(null, "development", "production"), Redis, Gen.Int[0, 10],
        Gen.Select(Monitoring, Endpoint, Certificate, Access, Firewall), Gen.Enum<EngineFamily>().Nullable(),
        Gen.Select(Gen.Enum<DurabilityMode>(), Gen.Int[16, 122880].Nullable(), Gen.Bool, Failover, Backup),
        (name, preset, redis, shards, parts, engine, rest) => new CacheSpec
        {
            Name = name,
            Preset = preset,
            Redis = redis,
            Cluster = new ClusterSpec { EnableCluster = shards > 0, ShardCount = shards > 0 ? shards : null },
            Monitoring = parts.Item1,
            Endpoint = parts.Item2,
            Certificate = parts.Item3,
            Access = parts.Item4,
            Firewall = parts.Item5,
            Engine = engine,
            Durability = rest.Item1,
            MemoryMb = rest.Item2,
            PublicNetworkAccess = rest.Item3,
            Failover = rest.Item4,
            Backup = rest.Item5,
        });
}
