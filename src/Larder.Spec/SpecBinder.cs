using System.Collections.Immutable;
using Larder.Model.Specs;
using Larder.Spec.Documents;

namespace Larder.Spec;

/// <summary>Turns a tree that fits the schema into a <see cref="CacheSpec"/>. Missing fields get the defaults of the model's types.</summary>
internal static class SpecBinder
{
    /// <summary>Minutes between snapshots where RDB is chosen and nothing is said.</summary>
    private const int UsualSnapshotMinutes = 15;

    /// <summary>Binds.</summary>
    /// <param name="root">A tree that fits.</param>
    /// <returns>The spec.</returns>
    public static CacheSpec Bind(MappingNode root)
    {
        var defaults = new CacheSpec { Name = Text(root, "name")!, Redis = BindRedis(Section(root, "redis")!) };
        return defaults with
        {
            Preset = Text(root, "preset"),
            Cluster = Section(root, "cluster") is { } cluster
                ? new ClusterSpec { EnableCluster = Bool(cluster, "enable_cluster") ?? false, ShardCount = Int(cluster, "shard_count") }
                : defaults.Cluster,
            Monitoring = Section(root, "monitoring") is { } monitoring ? BindMonitoring(monitoring) : defaults.Monitoring,
            Engine = Text(root, "engine") is { } engine ? SpecWords.Parse<EngineFamily>(engine, SpecWords.Of) : null,
            Durability = Text(root, "durability") is { } mode ? SpecWords.Parse<DurabilityMode>(mode, SpecWords.Of) : defaults.Durability,
            Failover = Section(root, "failover") is { } failover ? BindFailover(failover) : defaults.Failover,
            Access = Section(root, "access") is { } access
                ? new AccessSpec { Policies = BindTexts(Section(access, "policies")), Users = BindTexts(Section(access, "users")) }
                : defaults.Access,
            Firewall = new FirewallSpec { Rules = BindTexts(Section(root, "firewall")) },
            Backup = Section(root, "backup") is { } backup ? BindBackup(backup) : defaults.Backup,
            MemoryMb = Int(root, "memory_mb"),
            PublicNetworkAccess = Text(root, "publicNetworkAccess") == SpecWords.OfAccess(true),
            Endpoint = Section(root, "endpoint") is { } endpoint
                ? new EndpointSpec
                {
                    Address = Text(endpoint, "address"),
                    TlsPort = Int(endpoint, "tls_port"),
                    PlainPort = Int(endpoint, "plain_port"),
                    HostName = Text(endpoint, "host_name"),
                }
                : defaults.Endpoint,
            Certificate = Section(root, "certificate") is { } certificate
                ? new CertificateSpec(Text(certificate, "certificate_file")!, Text(certificate, "key_file")!)
                : null,
        };
    }

    private static RedisSpec BindRedis(MappingNode redis)
    {
        var defaults = new RedisSpec { Capacity = Int(redis, "capacity")!.Value, ReplicasPerPrimary = Int(redis, "replicas_per_primary")!.Value };
        var persistence = Text(redis, "persistence") is { } word ? SpecWords.Parse<PersistenceMode>(word, SpecWords.Of) : defaults.Persistence;
        return defaults with
        {
            RedisVersion = Text(redis, "redis_version") ?? defaults.RedisVersion,
            Persistence = persistence,
            RdbPersistence = Int(redis, "rdb_persistence") ?? (persistence == PersistenceMode.Rdb ? UsualSnapshotMinutes : null),
            NonSslPort = Bool(redis, "non_ssl_port") ?? defaults.NonSslPort,
        };
    }

    private static FailoverSpec BindFailover(MappingNode failover)
    {
        var defaults = new FailoverSpec();
        return new FailoverSpec
        {
            HoldMs = Int(failover, "hold_ms") ?? defaults.HoldMs,
            RetryReads = Bool(failover, "retry_reads") ?? defaults.RetryReads,
            RetryNotExecuted = Bool(failover, "retry_not_executed") ?? defaults.RetryNotExecuted,
            UncertainWrites = Text(failover, "uncertain_writes") is { } word
                ? SpecWords.Parse<UncertainWrites>(word, SpecWords.Of)
                : defaults.UncertainWrites,
            QuorumTimeoutMs = Int(failover, "quorum_timeout_ms") ?? defaults.QuorumTimeoutMs,
        };
    }

    private static BackupSpec BindBackup(MappingNode backup)
    {
        var defaults = new BackupSpec();
        return new BackupSpec
        {
            Storage = Text(backup, "storage") ?? defaults.Storage,
            MaxSnapshotCount = Int(backup, "max_snapshot_count") ?? defaults.MaxSnapshotCount,
            Restore = Text(backup, "restore") is { } word ? SpecWords.Parse<RestoreMode>(word, SpecWords.Of) : defaults.Restore,
            SecondStorage = Text(backup, "second_storage") ?? defaults.SecondStorage,
            WindowHours = Int(backup, "window_hours") ?? defaults.WindowHours,
        };
    }

    private static ImmutableSortedDictionary<string, string> BindTexts(MappingNode? mapping) => (mapping?.Entries ?? [])
        .ToImmutableSortedDictionary(entry => entry.Key, entry => ((ScalarNode)entry.Value).Text, StringComparer.Ordinal);

    private static MonitoringSpec BindMonitoring(MappingNode monitoring)
    {
        var defaults = new MonitoringSpec();
        return new MonitoringSpec
        {
            Mode = Text(monitoring, "mode") is { } mode ? SpecWords.Parse<MonitoringMode>(mode, SpecWords.Of) : defaults.Mode,
            Alarms = Section(monitoring, "alarms") is { } alarms
                ? alarms.Entries.ToImmutableSortedDictionary(entry => entry.Key, entry => BindAlarm((MappingNode)entry.Value), StringComparer.Ordinal)
                : defaults.Alarms,
        };
    }

    private static AlarmSpec BindAlarm(MappingNode alarm) => new(
        Int(alarm, "severity")!.Value, Text(alarm, "frequency")!, Text(alarm, "window_size")!, Text(alarm, "aggregation")!, Text(alarm, "operator")!,
        Int(alarm, "threshold")!.Value);

    private static MappingNode? Section(MappingNode node, string name) => (MappingNode?)node.Find(name)?.Value;

    private static ScalarNode? Scalar(MappingNode node, string name) => (ScalarNode?)node.Find(name)?.Value;

    private static string? Text(MappingNode node, string name) => Scalar(node, name)?.Text;

    private static int? Int(MappingNode node, string name) => (int?)Scalar(node, name)?.Number;

    private static bool? Bool(MappingNode node, string name) =>
        Scalar(node, name) is { } scalar ? scalar.Text.Equals("true", StringComparison.OrdinalIgnoreCase) : null;
}
