using Larder.Management.Contracts;
using Larder.Model.Operations;
using Larder.Model.Specs;
using Larder.Model.Status;

namespace Larder.Host.Tests;

/// <summary>Answers of a daemon.</summary>
internal static class Samples
{
    public static DateTimeOffset Noon { get; } = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static KeysView Keys { get; } = new("PrimaryPrimaryPrimaryPrimaryPrimaryAzCaAabcde=", "SecondarySecondarySecondarySecondAzCaBabcde=");

    public static PlanView CreatePlan { get; } = new(
        "orders", "create", "redis 7.0.15", [new("redis.capacity", "addition", null, "1", "")], [], ["The host has little memory."]);

    public static PlanView RefusedPlan { get; } = new(
        "orders", "update", "redis 7.0.15",
        [new("redis.capacity", "change", "1", "2", "Memory grows; clients notice nothing."), new("memory_mb", "removal", "64", null, "")],
        [new("redis.persistence", "RDB", "AOF", "Persistence is fixed at creation.", "Make a new cache and copy the data.")],
        []);

    public static EnginesView Engines { get; } = new(
        [
            new("redis", "7.0.15", "/usr/bin/redis-server", "PATH", []),
            new("garnet", "2.2.8", "/opt/larder/garnet/larder-garnet.dll", "embedded", ["It has no streams."]),
        ],
        [new("/opt/larder/engines/valkey-8.1/valkey-server", "exec format error")]);

    public static CacheView Cache(string name = "orders", CacheState state = CacheState.Ready, string message = "") => new()
    {
        Name = name,
        State = state,
        Message = message,
        Engine = "redis",
        Version = "7.0.15",
        Endpoint = new EndpointView("localhost", name + ".redis.localhost", 6380, null, "/home/ada/.larder/ca/ca.crt"),
        Shards = [new ShardView(0, 1, "0-16383", [
            new NodeView(0, "primary", NodeState.InSync, "host1", null, 4242, null, null, 1096, 0, 1_500_000, 12, 0, ""),
            new NodeView(1, "replica", state == CacheState.Ready ? NodeState.InSync : NodeState.Syncing, "host1", null, 4243, null, null, 1096, 0, 1_500_000, 12, 0, ""),
        ])],
        MemoryBytes = 64L << 20,
        MaxClients = 7500,
        Limitations = [],
        CreatedAt = Noon,
        Spec = new CacheSpec { Name = name, Redis = new RedisSpec { Capacity = 1, ReplicasPerPrimary = 1 } },
        OperationId = "0a",
    };

    public static OperationDocument Operation(string phase, int percent, OperationState state = OperationState.Running, OperationError? error = null) => new()
    {
        Id = "0a",
        Kind = OperationKind.Create,
        Cache = "orders",
        State = state,
        Percent = percent,
        Phase = phase,
        StartedAt = Noon,
        Error = error,
    };
}
