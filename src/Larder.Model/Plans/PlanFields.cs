using System.Collections.Immutable;
using System.Globalization;
using Larder.Model.Specs;

namespace Larder.Model.Plans;

/// <summary>Every field of the form but the name, in its order: how it is read, what a change of it does, and what is fixed.</summary>
internal static class PlanFields
{
    private const string SecondCache = "create a second cache with it and move the clients there (export and import carry the data).";

    /// <summary>The fields that every spec has. Alarms are added by <see cref="Of"/>.</summary>
    private static readonly ImmutableArray<PlanField> Fields =
    [
        new("preset", spec => spec.Preset,
            (_, _) => "Nothing by itself: the values that the preset gives are listed as fields of their own."),
        new("redis.redis_version", spec => spec.Redis.RedisVersion, (spec, current) => current is null
            ? "Decides which of the installed engines runs."
            : "Decides the engine version; where it needs a newer one, nodes are replaced one by one and clients reconnect once."),
        new("redis.capacity", spec => Text(spec.Redis.Capacity), CapacityEffect),
        new("redis.replicas_per_primary", spec => Text(spec.Redis.ReplicasPerPrimary),
            (spec, _) => $"Each shard has a primary and {spec.Redis.ReplicasPerPrimary} {Plural(spec.Redis.ReplicasPerPrimary, "replica")}.")
        {
            Refuse = (current, desired) => Fixed(
                "redis.replicas_per_primary", Text(current.Redis.ReplicasPerPrimary), Text(desired.Redis.ReplicasPerPrimary),
                "The number of replicas is fixed when a cache is created."),
        },
        new("redis.persistence", spec => SpecWords.Of(spec.Redis.Persistence), (spec, _) => PersistenceEffect(spec.Redis.Persistence))
        {
            Refuse = (current, desired) => Fixed(
                "redis.persistence", SpecWords.Of(current.Redis.Persistence), SpecWords.Of(desired.Redis.Persistence),
                "Persistence is fixed when a cache is created: it can be neither switched on or off nor changed to another kind."),
        },
        new("redis.rdb_persistence", spec => Text(spec.Redis.RdbPersistence), (spec, _) => spec.Redis.RdbPersistence is { } minutes
            ? $"A snapshot is written every {minutes} minutes; clients notice nothing."
            : "Snapshots are no longer written at an interval."),
        new("redis.non_ssl_port", spec => Bool(spec.Redis.NonSslPort), (spec, _) => spec.Redis.NonSslPort
            ? "A port without TLS is served too: keys and data cross the network in clear there."
            : "Clients are served over TLS only; connections of the plain port are closed."),
        new("cluster.enable_cluster", spec => Bool(spec.Cluster.EnableCluster), (spec, current) => (spec.Cluster.EnableCluster, current) switch
        {
            (true, null) => "Keys are spread over shards; clients need cluster support, and only database 0 remains. It cannot be turned off again.",
            (true, _) => "The cache becomes a cluster, which cannot be turned off again. Commands wait while its nodes save, start anew and load. Clients of the cache's port go on; "
                + "those that had selected another database are disconnected, SELECT of other databases than 0 is refused from then on, and each node opens a port of its own.",
            _ => "The cache is one shard.",
        })
        {
            Refuse = (current, desired) => current.Cluster.EnableCluster && !desired.Cluster.EnableCluster
                ? Fixed(
                    "cluster.enable_cluster", "true", "false", "Clustering cannot be turned off again.",
                    "Keep enable_cluster: true with shard_count: 1, or create a second cache without it and move the clients there.")
                : null,
        },
        new("cluster.shard_count", spec => Text(spec.Cluster.ShardCount), (spec, _) => spec.Cluster.ShardCount is { } count
            ? $"Keys are spread over {count} {Plural(count, "shard")}; while they move, clients are redirected."
            : "There is one shard."),
        new("monitoring.mode", spec => SpecWords.Of(spec.Monitoring.Mode), (spec, _) => spec.Monitoring.Mode switch
        {
            MonitoringMode.Automated => "The three standard alarms watch CPU, memory and server load at 90 %.",
            MonitoringMode.Custom => "The alarms that the file lists watch the cache.",
            _ => "No alarm watches the cache.",
        }),
        new("engine", spec => spec.Engine is { } family ? SpecWords.Of(family) : null, (spec, current) => (spec.Engine, current) switch
        {
            (not null, null) => "The cache runs this engine.",
            (not null, _) => "The cache keeps its engine; from now on the file names it.",
            _ => "The cache keeps its engine; the file no longer names it.",
        }),
        new("durability", spec => SpecWords.Of(spec.Durability), (spec, _) => spec.Durability == DurabilityMode.Quorum
            ? "A write is acknowledged when a replica has it too: slower writes, none lost when one node dies."
            : "A write is acknowledged when the primary has it; the last ones can be lost when it dies."),
        new("failover.hold_ms", spec => Text(spec.Failover.HoldMs), (spec, _) =>
            $"Commands wait up to {spec.Failover.HoldMs} ms for a primary before their connection is closed."),
        new("failover.retry_reads", spec => Bool(spec.Failover.RetryReads), (spec, _) => spec.Failover.RetryReads
            ? "Reads that were under way when a primary failed are given to the next one."
            : "Reads that were under way when a primary failed are answered with an error."),
        new("failover.retry_not_executed", spec => Bool(spec.Failover.RetryNotExecuted), (spec, _) => spec.Failover.RetryNotExecuted
            ? "Commands that an engine did not execute are given to the primary; clients do not see READONLY, LOADING and the like."
            : "Clients see READONLY, LOADING and the like."),
        new("failover.uncertain_writes", spec => SpecWords.Of(spec.Failover.UncertainWrites), (spec, _) => spec.Failover.UncertainWrites == UncertainWrites.Error
            ? "A write whose fate is unknown is answered with an error that says so."
            : "A client with a write whose fate is unknown is disconnected."),
        new("failover.quorum_timeout_ms", spec => Text(spec.Failover.QuorumTimeoutMs), (spec, _) =>
            $"With durability: quorum, a write waits up to {spec.Failover.QuorumTimeoutMs} ms for a replica."),
        new("backup.storage", spec => spec.Backup.Storage, (spec, current) => current is null
            ? $"Backups go to the storage '{spec.Backup.Storage}'."
            : $"The next backups go to the storage '{spec.Backup.Storage}'; those of the old one stay where they are."),
        new("backup.max_snapshot_count", spec => Text(spec.Backup.MaxSnapshotCount), (spec, current) =>
            current is not null && spec.Backup.MaxSnapshotCount < current.Backup.MaxSnapshotCount
                ? $"After the next backup the newest {spec.Backup.MaxSnapshotCount} {Plural(spec.Backup.MaxSnapshotCount, "is", "are")} kept; the older ones are deleted."
                : $"The newest {spec.Backup.MaxSnapshotCount} {Plural(spec.Backup.MaxSnapshotCount, "backup")} are kept."),
        new("backup.restore", spec => SpecWords.Of(spec.Backup.Restore), (spec, _) => spec.Backup.Restore == RestoreMode.Automatic
            ? "Where all local data is gone, the cache begins with its newest good backup."
            : "Where all local data is gone, the cache begins empty and says so; larder restore brings a backup back."),
        new("backup.second_storage", spec => spec.Backup.SecondStorage, (spec, _) => spec.Redis.Persistence == PersistenceMode.AofDual
            ? $"The replicas' logs go to the storage '{spec.Backup.SecondStorage}'."
            : "Nothing: there is a second log with persistence: AOF_DUAL only.")
        {
            Refuse = (current, desired) => desired.Redis.Persistence == PersistenceMode.AofDual
                ? Fixed(
                    "backup.second_storage", current.Backup.SecondStorage, desired.Backup.SecondStorage,
                    "The logs of the replicas stay where they are for the life of a cache.")
                : null,
        },
        new("backup.window_hours", spec => Text(spec.Backup.WindowHours), (spec, _) => spec.Backup.WindowHours == 0
            ? "No history of the log is kept."
            : $"The log's history of {spec.Backup.WindowHours} h is kept: the state of any second in it can be rebuilt in a new cache."),
        new("memory_mb", spec => Text(spec.MemoryMb), (spec, current) => MemoryEffect(spec, current)),
        new("publicNetworkAccess", spec => SpecWords.OfAccess(spec.PublicNetworkAccess), (spec, _) => spec.PublicNetworkAccess
            ? "Clients of public networks may be served where endpoint.address is public."
            : "Only clients on this host and in private networks are served."),
        new("endpoint.address", spec => spec.Endpoint.Address, (spec, current) => EndpointEffect(
            spec.Endpoint.Address is { } address ? $"The gateway listens on {address}" : "The gateway listens on this host alone", current)),
        new("endpoint.tls_port", spec => Text(spec.Endpoint.TlsPort), (spec, current) => EndpointEffect(
            spec.Endpoint.TlsPort is { } port ? $"TLS is served on port {port}" : "TLS is served on the port that all caches share", current)),
        new("endpoint.plain_port", spec => Text(spec.Endpoint.PlainPort), (spec, current) => EndpointEffect(
            spec.Endpoint.PlainPort is { } port
                ? $"With non_ssl_port, port {port} is the one without TLS"
                : "With non_ssl_port, the installation's port is the one without TLS",
            current)),
        new("endpoint.host_name", spec => spec.Endpoint.HostName, (spec, current) => current is null
            ? "The certificate carries this name."
            : $"New connections get a certificate for {spec.Endpoint.HostName ?? "the generated name"}; clients that check the old name must change."),
        new("certificate.certificate_file", spec => spec.Certificate?.CertificateFile, (spec, _) => CertificateEffect(spec)),
        new("certificate.key_file", spec => spec.Certificate?.KeyFile, (spec, _) => CertificateEffect(spec)),
    ];

    /// <summary>The fields of two specs, alarms included.</summary>
    /// <param name="desired">What is wanted.</param>
    /// <param name="current">What there is; <c>null</c> at creation.</param>
    /// <returns>All fields, in the order of the form.</returns>
    public static ImmutableArray<PlanField> Of(CacheSpec desired, CacheSpec? current)
    {
        var alarms = desired.Monitoring.Alarms.Keys
            .Union(current?.Monitoring.Alarms.Keys ?? [], StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .Select(Alarm)
            .ToList();
        var mode = Fields.IndexOf(Fields.First(field => field.Path == "monitoring.mode"));
        var backup = Fields.IndexOf(Fields.First(field => field.Path == "backup.storage"));
        return Fields.InsertRange(backup, AccessFields.Of(desired, current)).InsertRange(mode + 1, alarms);
    }

    private static PlanField Alarm(string key) => new(
        $"monitoring.alarms.{key}",
        spec => spec.Monitoring.Alarms.GetValueOrDefault(key) is { } alarm
            ? $"{alarm.Aggregation} {alarm.Operator} {alarm.Threshold} over {alarm.WindowSize}, every {alarm.Frequency}, severity {alarm.Severity}"
            : null,
        (spec, _) => spec.Monitoring.Alarms.ContainsKey(key) ? "The alarm is raised by this rule; clients notice nothing." : "The alarm is gone.");

    private static string CapacityEffect(CacheSpec spec, CacheSpec? current)
    {
        var size = CapacitySizes.Of(spec.Redis.Capacity);
        var limits = $"At most {size.MaxClients} clients are served";
        return spec.MemoryMb is { } memory
            ? $"{limits}; memory stays at memory_mb, {memory} MiB per node."
            : $"{limits}; {MemoryEffect(spec, current)}";
    }

    private static string MemoryEffect(CacheSpec spec, CacheSpec? current)
    {
        var now = $"each node has {CapacitySizes.NodeMb(spec)} MiB";
        return current is not null && CapacitySizes.NodeMb(spec) < CapacitySizes.NodeMb(current)
            ? $"{now}, less than the {CapacitySizes.NodeMb(current)} MiB it has now: keys may be evicted until the data fits."
            : $"{now}.";
    }

    private static string PersistenceEffect(PersistenceMode mode) => mode switch
    {
        PersistenceMode.Rdb => "Data is saved as a snapshot at an interval; what was written since the last one is lost when all nodes die.",
        PersistenceMode.Aof => "Every write is appended to a log on disk, flushed each second.",
        PersistenceMode.AofDual => "Every write is appended to a log on disk, flushed each second; the replicas' logs are in a second storage.",
        _ => "Data is kept in memory; it is lost when all nodes die.",
    };

    private static string EndpointEffect(string sentence, CacheSpec? current) =>
        current is null ? $"{sentence}." : $"{sentence}; connections to the old endpoint are closed, and clients must use the new one.";

    private static string CertificateEffect(CacheSpec spec) => spec.Certificate is null
        ? "New connections get a certificate of the installation's own authority, which clients must then trust; open ones stay."
        : "New connections get this certificate; open ones stay.";

    private static PlanRefusal Fixed(string field, string current, string wanted, string why, string? instead = null) => new(
        field, current, wanted, why, instead ?? $"Keep {current}, or {SecondCache}");

    private static string? Text(int? value) => value?.ToString(CultureInfo.InvariantCulture);

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Bool(bool value) => value ? "true" : "false";

    private static string Plural(int count, string one, string several) => count == 1 ? one : several;

    private static string Plural(int count, string word) => count == 1 ? word : $"{word}s";
}
