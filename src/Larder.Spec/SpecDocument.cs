using System.Text.Json;
using System.Text.Json.Nodes;
using Larder.Model.Specs;

namespace Larder.Spec;

/// <summary>
/// The JSON form of a complete spec: the fields of the file under the same names, defaults and preset values written out, fields without
/// a value left out. It is itself a valid spec file.
/// </summary>
public static class SpecDocument
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>The form as a tree that the caller owns.</summary>
    /// <param name="spec">The spec.</param>
    /// <returns>A new object, fields in the order of the form.</returns>
    public static JsonObject ToJson(CacheSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return Compact(new JsonObject
        {
            ["name"] = spec.Name,
            ["preset"] = spec.Preset,
            ["redis"] = Compact(new JsonObject
            {
                ["redis_version"] = spec.Redis.RedisVersion,
                ["capacity"] = spec.Redis.Capacity,
                ["replicas_per_primary"] = spec.Redis.ReplicasPerPrimary,
                ["persistence"] = SpecWords.Of(spec.Redis.Persistence),
                ["rdb_persistence"] = spec.Redis.RdbPersistence,
                ["non_ssl_port"] = spec.Redis.NonSslPort,
            }),
            ["cluster"] = Compact(new JsonObject
            {
                ["enable_cluster"] = spec.Cluster.EnableCluster,
                ["shard_count"] = spec.Cluster.ShardCount,
            }),
            ["monitoring"] = Monitoring(spec.Monitoring),
            ["engine"] = spec.Engine is { } engine ? SpecWords.Of(engine) : null,
            ["durability"] = SpecWords.Of(spec.Durability),
            ["failover"] = new JsonObject
            {
                ["hold_ms"] = spec.Failover.HoldMs,
                ["retry_reads"] = spec.Failover.RetryReads,
                ["retry_not_executed"] = spec.Failover.RetryNotExecuted,
                ["uncertain_writes"] = SpecWords.Of(spec.Failover.UncertainWrites),
                ["quorum_timeout_ms"] = spec.Failover.QuorumTimeoutMs,
            },
            ["access"] = OrNothing(Compact(new JsonObject
            {
                ["policies"] = Texts(spec.Access.Policies),
                ["users"] = Texts(spec.Access.Users),
            })),
            ["firewall"] = Texts(spec.Firewall.Rules),
            ["backup"] = new JsonObject
            {
                ["storage"] = spec.Backup.Storage,
                ["max_snapshot_count"] = spec.Backup.MaxSnapshotCount,
                ["restore"] = SpecWords.Of(spec.Backup.Restore),
                ["second_storage"] = spec.Backup.SecondStorage,
                ["window_hours"] = spec.Backup.WindowHours,
            },
            ["memory_mb"] = spec.MemoryMb,
            ["publicNetworkAccess"] = SpecWords.OfAccess(spec.PublicNetworkAccess),
            ["endpoint"] = OrNothing(Compact(new JsonObject
            {
                ["address"] = spec.Endpoint.Address,
                ["tls_port"] = spec.Endpoint.TlsPort,
                ["plain_port"] = spec.Endpoint.PlainPort,
                ["host_name"] = spec.Endpoint.HostName,
            })),
            ["certificate"] = spec.Certificate is { } certificate
                ? new JsonObject { ["certificate_file"] = certificate.CertificateFile, ["key_file"] = certificate.KeyFile }
                : null,
        });
    }

    /// <summary>Writes a spec.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="indented">For people: one field a line.</param>
    /// <returns>JSON.</returns>
    public static string Serialize(CacheSpec spec, bool indented = false) => ToJson(spec).ToJsonString(indented ? Indented : null);

    /// <summary>Reads what <see cref="Serialize"/> wrote.</summary>
    /// <param name="json">The JSON form.</param>
    /// <returns>An equal spec.</returns>
    /// <exception cref="FormatException">It is not a valid spec; the message lists every mistake. Retrying does not help.</exception>
    public static CacheSpec Deserialize(string json)
    {
        var result = SpecLoader.Parse(json, "spec.json");
        return result.Spec ?? throw new FormatException(string.Join(Environment.NewLine, result.Errors));
    }

    private static JsonObject Monitoring(MonitoringSpec monitoring) => Compact(new JsonObject
    {
        ["mode"] = SpecWords.Of(monitoring.Mode),
        ["alarms"] = OrNothing(new JsonObject(monitoring.Alarms.Select(alarm => KeyValuePair.Create(alarm.Key, (JsonNode?)new JsonObject
        {
            ["severity"] = alarm.Value.Severity,
            ["operator"] = alarm.Value.Operator,
            ["aggregation"] = alarm.Value.Aggregation,
            ["frequency"] = alarm.Value.Frequency,
            ["window_size"] = alarm.Value.WindowSize,
            ["threshold"] = alarm.Value.Threshold,
        })))),
    });

    private static JsonObject? Texts(IReadOnlyDictionary<string, string> entries) =>
        OrNothing(new JsonObject(entries.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)entry.Value))));

    private static JsonObject? OrNothing(JsonObject fields) => fields.Count == 0 ? null : fields;

    private static JsonObject Compact(JsonObject fields)
    {
        foreach (var name in fields.Where(field => field.Value is null).Select(field => field.Key).ToList())
        {
            fields.Remove(name);
        }

        return fields;
    }
}
