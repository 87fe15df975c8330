using System.Collections.Immutable;
using CsCheck;
using Larder.Model.Engines;
using Larder.Model.Plans;
using Larder.Model.Specs;

namespace Larder.Model.Tests.Plans;

/// <summary>What changes, what is refused, and that nothing of a spec escapes the comparison.</summary>
public sealed class SpecPlannerTests
{
    private static readonly CacheSpec Base = Catalogue.Spec("7");

    private static readonly Gen<CacheSpec> Specs = Gen.Select(
        Gen.OneOf<string?>(null, "development"), Gen.OneOf("latest", "7", "8"), Gen.Int[1, 3], Gen.Int[1, 2],
        Gen.Select(Gen.Enum<PersistenceMode>(), Gen.OneOf(15, 30), Gen.Bool, Gen.Int[0, 2]),
        Gen.Select(Gen.Enum<MonitoringMode>(), Gen.Int[0, 2], Gen.OneOf<EngineFamily?>(null, EngineFamily.Redis, EngineFamily.Garnet), Gen.Enum<DurabilityMode>()),
        Gen.Select(Gen.OneOf<int?>(null, 16, 64), Gen.Bool, Gen.OneOf<string?>(null, "10.0.0.1", "8.8.8.8"), Gen.OneOf<int?>(null, 1, 2)),
        Gen.Select(Gen.OneOf<int?>(null, 1, 2), Gen.OneOf<string?>(null, "a.b"), Gen.Int[0, 2]),
        (preset, version, capacity, replicas, redis, middle, rest, last) => new CacheSpec
        {
            Name = "orders",
            Preset = preset,
            Redis = new RedisSpec
            {
                RedisVersion = version,
                Capacity = capacity,
                ReplicasPerPrimary = replicas,
                Persistence = redis.Item1,
                RdbPersistence = redis.Item1 == PersistenceMode.Rdb ? redis.Item2 : null,
                NonSslPort = redis.Item3,
            },
            Cluster = new ClusterSpec { EnableCluster = redis.Item4 > 0, ShardCount = redis.Item4 > 0 ? redis.Item4 : null },
            Monitoring = new MonitoringSpec
            {
                Mode = middle.Item1,
                Alarms = middle.Item1 == MonitoringMode.Custom && middle.Item2 > 0
                    ? ImmutableSortedDictionary<string, AlarmSpec>.Empty.Add("cpu_metric_alert", new AlarmSpec(1, "PT1M", "PT5M", "Total", "Equals", middle.Item2))
                    : ImmutableSortedDictionary<string, AlarmSpec>.Empty,
            },
            Engine = middle.Item3,
            Durability = middle.Item4,
            MemoryMb = rest.Item1,
            PublicNetworkAccess = rest.Item2,
            Endpoint = new EndpointSpec { Address = rest.Item3, TlsPort = rest.Item4, PlainPort = last.Item1, HostName = last.Item2 },
            Certificate = last.Item3 > 0 ? new CertificateSpec($"c{last.Item3}", "k") : null,
        });

    private static readonly Gen<EngineInstallation?> Installed = Gen.OneOf<EngineInstallation?>(null, Catalogue.Redis70, Catalogue.Valkey81, Catalogue.Garnet);

    [Fact]
    public void A_spec_planned_against_itself_is_nothing_whatever_is_installed() => Gen.Select(Specs, Installed, Gen.Bool).Sample((spec, installed, empty) =>
    {
        var context = new PlanContext { Catalogue = empty ? [] : Catalogue.All, Installation = installed };
        var plan = SpecPlanner.Plan(spec, spec with { Name = "ORDERS" }, context);
        Assert.Equal(PlanKind.None, plan.Kind);
        Assert.Empty(plan.Changes);
        Assert.Empty(plan.Refusals);
        Assert.Equal("orders", plan.Spec.Name);
    });

    [Fact]
    public void Specs_that_differ_never_give_an_empty_plan() => Gen.Select(Specs, Specs, Installed).Sample((one, other, installed) =>
    {
        var plan = SpecPlanner.Plan(one, other, Catalogue.With(installed));
        Assert.Equal(one == other ? PlanKind.None : PlanKind.Update, plan.Kind);
        Assert.Equal(one == other, plan.Changes.IsEmpty && plan.Refusals.IsEmpty);
        Assert.Equal(!plan.Refusals.IsEmpty, plan.IsRefused);
    });

    [Fact]
    public void Every_change_and_refusal_says_something_and_no_field_is_both() => Gen.Select(Specs.Null(), Specs, Installed).Sample((one, other, installed) =>
    {
        var plan = SpecPlanner.Plan(one, other, Catalogue.With(one is null ? null : installed));
        Assert.All(plan.Changes, change =>
        {
            Assert.EndsWith(".", change.Effect, StringComparison.Ordinal);
            Assert.True(char.IsUpper(change.Effect[0]), change.Effect);
            Assert.NotEqual(change.From, change.To);
            Assert.Equal(
                change.From is null ? PlanChangeKind.Addition : change.To is null ? PlanChangeKind.Removal : PlanChangeKind.Change, change.Kind);
        });
        Assert.All(plan.Refusals, refusal =>
        {
            Assert.NotEmpty(refusal.Field);
            Assert.EndsWith(".", refusal.Why, StringComparison.Ordinal);
            Assert.EndsWith(".", refusal.Instead.TrimEnd(')'), StringComparison.Ordinal);
            Assert.Contains(refusal.Why, refusal.ToString(), StringComparison.Ordinal);
        });
        Assert.Empty(plan.Changes.Select(change => change.Field).Intersect(plan.Refusals.Select(refusal => refusal.Field)));
        Assert.Equal(plan.Changes.Length, plan.Changes.Select(change => change.Field).Distinct().Count());
        Assert.Equal(plan.Refusals.Length, plan.Refusals.Select(refusal => refusal.Field).Distinct().Count());
    });

    [Fact]
    public void A_plan_that_is_not_refused_leads_to_its_spec_and_no_further() => Gen.Select(Specs, Specs, Installed).Sample((one, other, installed) =>
    {
        var plan = SpecPlanner.Plan(one, other, Catalogue.With(installed));
        Assert.Equal(PlanKind.None, SpecPlanner.Plan(plan.Spec, other, Catalogue.With(plan.Engine)).Kind);
    });

    [Fact]
    public void A_new_cache_is_created_with_every_field_listed_as_an_addition()
    {
        var plan = SpecPlanner.Plan(null, Base with { MemoryMb = 64 }, Catalogue.With(null));
        Assert.Equal(PlanKind.Create, plan.Kind);
        Assert.False(plan.IsRefused);
        Assert.Same(Catalogue.Redis72, plan.Engine);
        Assert.All(plan.Changes, change => Assert.Equal(PlanChangeKind.Addition, change.Kind));
        Assert.Equal(
            [
                "redis.redis_version=7", "redis.capacity=1", "redis.replicas_per_primary=1", "redis.persistence=Disabled", "redis.non_ssl_port=false",
                "cluster.enable_cluster=false", "monitoring.mode=AUTOMATED", "durability=async", "failover.hold_ms=5000",
                "failover.retry_reads=true", "failover.retry_not_executed=true", "failover.uncertain_writes=error", "failover.quorum_timeout_ms=3000",
                "backup.storage=local", "backup.max_snapshot_count=1", "backup.restore=manual", "backup.second_storage=second", "backup.window_hours=0", "memory_mb=64", "publicNetworkAccess=Disabled",
            ],
            plan.Changes.Select(change => $"{change.Field}={change.To}"));
        Assert.Equal("At most 7500 clients are served; memory stays at memory_mb, 64 MiB per node.", plan.Changes[1].Effect);
    }

    [Fact]
    public void A_new_cache_without_an_engine_is_refused()
    {
        var plan = SpecPlanner.Plan(null, Catalogue.Spec("99"), Catalogue.With(null));
        Assert.Equal("redis.redis_version", Assert.Single(plan.Refusals).Field);
        Assert.Null(plan.Engine);
        Assert.DoesNotContain(plan.Changes, change => change.Field == "redis.redis_version");
    }

    [Fact]
    public void What_is_fixed_at_creation_is_refused_with_what_to_do_instead()
    {
        var current = Base with { Cluster = new ClusterSpec { EnableCluster = true, ShardCount = 2 } };
        var desired = Base with
        {
            Engine = EngineFamily.Garnet,
            Redis = Base.Redis with { RedisVersion = "6", ReplicasPerPrimary = 2, Persistence = PersistenceMode.Aof },
        };
        var plan = SpecPlanner.Plan(current, desired, Catalogue.With(Catalogue.Redis70));
        Assert.Equal(
            [
                "redis.replicas_per_primary: 1 -> 2: The number of replicas is fixed when a cache is created. Keep 1, or create a second cache with it and move the clients there (export and import carry the data).",
                "redis.persistence: Disabled -> AOF: Persistence is fixed when a cache is created: it can be neither switched on or off nor changed to another kind. Keep Disabled, or create a second cache with it and move the clients there (export and import carry the data).",
                "cluster.enable_cluster: true -> false: Clustering cannot be turned off again. Keep enable_cluster: true with shard_count: 1, or create a second cache without it and move the clients there.",
                "engine: redis -> garnet: The engine of a cache is chosen when it is created; engines do not read each other's data. Keep engine: redis, or create a second cache with engine: garnet and move orders's clients to it.",
            ],
            plan.Refusals.Select(refusal => refusal.ToString()));
        var lower = SpecPlanner.Plan(Base, Base with { Redis = Base.Redis with { RedisVersion = "6" } }, Catalogue.With(Catalogue.Redis70));
        Assert.Equal(
            "redis.redis_version: 7.0.15 -> 6: A cache's version only goes up; an older engine cannot read what a newer one wrote. Keep redis_version as it was, or create a second cache with redis_version \"6\" and fill it anew.",
            Assert.Single(lower.Refusals).ToString());
    }

    [Fact]
    public void Persistence_may_neither_be_switched_on_nor_off_nor_changed()
    {
        var modes = Enum.GetValues<PersistenceMode>();
        foreach (var (before, after) in modes.SelectMany(before => modes.Where(after => after != before).Select(after => (before, after))))
        {
            var plan = SpecPlanner.Plan(WithPersistence(before), WithPersistence(after), Catalogue.With(Catalogue.Redis70));
            Assert.Equal("redis.persistence", Assert.Single(plan.Refusals).Field);
        }

        static CacheSpec WithPersistence(PersistenceMode mode) => Base with { Redis = Base.Redis with { Persistence = mode } };
    }

    [Fact]
    public void What_may_change_is_listed_with_its_effect()
    {
        var current = Base with { Redis = Base.Redis with { Persistence = PersistenceMode.Rdb, RdbPersistence = 15, Capacity = 2 } };
        var desired = current with
        {
            Redis = current.Redis with { RdbPersistence = 60, NonSslPort = true, Capacity = 1 },
            Preset = "development",
            Monitoring = new MonitoringSpec { Mode = MonitoringMode.Disabled },
            Endpoint = new EndpointSpec { Address = "10.0.0.5", TlsPort = 7000 },
            Certificate = new CertificateSpec("c.pem", "k.pem"),
            PublicNetworkAccess = true,
        };
        var plan = SpecPlanner.Plan(current, desired, Catalogue.With(Catalogue.Redis70));
        Assert.Equal(PlanKind.Update, plan.Kind);
        Assert.Empty(plan.Refusals);
        Assert.Same(Catalogue.Redis70, plan.Engine);
        Assert.Equal(
            [
                "Addition preset (none)->development", "Change redis.capacity 2->1", "Change redis.rdb_persistence 15->60", "Change redis.non_ssl_port false->true",
                "Change monitoring.mode AUTOMATED->DISABLED", "Change publicNetworkAccess Disabled->Enabled", "Addition endpoint.address (none)->10.0.0.5",
                "Addition endpoint.tls_port (none)->7000", "Addition certificate.certificate_file (none)->c.pem", "Addition certificate.key_file (none)->k.pem",
            ],
            plan.Changes.Select(change => $"{change.Kind} {change.Field} {change.From ?? "(none)"}->{change.To}"));
        Assert.Equal(
            "At most 7500 clients are served; each node has 6144 MiB, less than the 13312 MiB it has now: keys may be evicted until the data fits.",
            plan.Changes[1].Effect);
    }

    [Fact]
    public void Memory_that_goes_away_is_a_removal()
    {
        var plan = SpecPlanner.Plan(Base with { MemoryMb = 64 }, Base, Catalogue.With(Catalogue.Redis70));
        Assert.Equal(new PlanChange("memory_mb", PlanChangeKind.Removal, "64", null, "Each node has 6144 MiB."), Assert.Single(plan.Changes));
    }

    [Fact]
    public void Another_name_is_another_cache()
    {
        var refusal = Assert.Single(SpecPlanner.Plan(Base, Base with { Name = "other" }, Catalogue.With(Catalogue.Redis70)).Refusals);
        Assert.Equal(("name", "orders", "other"), (refusal.Field, refusal.Current, refusal.Wanted));
    }

    [Fact]
    public void Shards_are_refused_where_the_engine_cannot()
    {
        var desired = Base with { Cluster = new ClusterSpec { EnableCluster = true, ShardCount = 2 } };
        Assert.Empty(SpecPlanner.Plan(null, desired, Catalogue.With(null)).Refusals);
        Assert.Equal(
            ["cluster.enable_cluster true"],
            SpecPlanner.Plan(null, desired with { Engine = EngineFamily.Garnet }, Catalogue.With(null)).Refusals.Select(refusal => $"{refusal.Field} {refusal.Wanted}"));
    }

    [Fact]
    public void A_cache_that_exists_may_become_a_cluster_where_its_engine_can_and_the_plan_says_what_that_means()
    {
        var desired = Base with { Cluster = new ClusterSpec { EnableCluster = true, ShardCount = 1 } };
        foreach (var engine in new[] { Catalogue.Redis70, Catalogue.Valkey81 })
        {
            var plan = SpecPlanner.Plan(Base, desired, Catalogue.With(engine));
            Assert.Empty(plan.Refusals);
            var effect = plan.Changes.Single(change => change.Field == "cluster.enable_cluster").Effect;
            Assert.All(
                ["cannot be turned off again", "Commands wait while its nodes save, start anew and load", "Clients of the cache's port go on", "SELECT of other databases", "opens a port of its own"],
                words => Assert.Contains(words, effect, StringComparison.Ordinal));
        }

        Assert.Contains("does not run Garnet as a cluster", Refused(desired, Catalogue.Garnet), StringComparison.Ordinal);
        Assert.Contains("Redis 6.0.16 cannot be told", Refused(desired, Catalogue.Redis70 with { Version = new Version(6, 0, 16) }), StringComparison.Ordinal);
        Assert.Contains("one after the other", Refused(desired with { MemoryMb = 512 }, Catalogue.Redis70), StringComparison.Ordinal);

        static string Refused(CacheSpec desired, EngineInstallation engine) =>
            SpecPlanner.Plan(Base, desired, Catalogue.With(engine, engine)).Refusals.Single(refusal => refusal.Field == "cluster.enable_cluster").Why;
    }

    [Fact]
    public void Another_size_and_another_number_of_shards_are_two_changes_one_after_the_other()
    {
        var current = Base with { Cluster = new ClusterSpec { EnableCluster = true, ShardCount = 2 } };
        var more = current with { Cluster = current.Cluster with { ShardCount = 3 } };
        Assert.Empty(SpecPlanner.Plan(current, more, Catalogue.With(Catalogue.Redis70)).Refusals);
        var refusal = Assert.Single(SpecPlanner.Plan(current, more with { MemoryMb = 512 }, Catalogue.With(Catalogue.Redis70)).Refusals);
        Assert.Equal(("cluster.shard_count", "2", "3"), (refusal.Field, refusal.Current, refusal.Wanted));
    }

    [Fact]
    public void What_the_persistence_cannot_give_is_refused()
    {
        var dual = Base with { Redis = Base.Redis with { Persistence = PersistenceMode.AofDual } };
        Assert.Empty(SpecPlanner.Plan(null, dual, Catalogue.With(null)).Refusals);
        Assert.Equal(
            ["redis.persistence"],
            SpecPlanner.Plan(null, dual with { Engine = EngineFamily.Garnet, Redis = dual.Redis with { RedisVersion = "latest" } }, Catalogue.With(null)).Refusals.Select(refusal => refusal.Field));
        var memory = Base with
        {
            Redis = Base.Redis with { Persistence = PersistenceMode.Disabled, RdbPersistence = null },
            Backup = new BackupSpec { WindowHours = 2, Restore = RestoreMode.Automatic },
        };
        Assert.Equal(["backup.restore", "backup.window_hours"], SpecPlanner.Plan(null, memory, Catalogue.With(null)).Refusals.Select(refusal => refusal.Field));
    }

    [Fact]
    public void Quorum_is_refused_where_the_engine_cannot_tell_what_a_replica_has()
    {
        var desired = Base with { Durability = DurabilityMode.Quorum };
        Assert.Empty(SpecPlanner.Plan(Base, desired, Catalogue.With(Catalogue.Redis70)).Refusals);
        var refusal = Assert.Single(SpecPlanner.Plan(null, desired with { Engine = EngineFamily.Garnet }, Catalogue.With(null)).Refusals);
        Assert.Equal(("durability", "quorum"), (refusal.Field, refusal.Wanted));
        Assert.Contains("engine: redis", refusal.Instead, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("8.8.8.8", "8.8.8.8 is a public address, and publicNetworkAccess is Disabled.")]
    [InlineData("2001:db8::1", "2001:db8::1 is a public address, and publicNetworkAccess is Disabled.")]
    [InlineData("0.0.0.0", "0.0.0.0 stands for every address of this host, public ones included, and publicNetworkAccess is Disabled.")]
    [InlineData("::", ":: stands for every address of this host, public ones included, and publicNetworkAccess is Disabled.")]
    public void A_public_address_needs_public_network_access(string address, string why)
    {
        var desired = Base with { Endpoint = new EndpointSpec { Address = address } };
        var refusal = Assert.Single(SpecPlanner.Plan(null, desired, Catalogue.With(null)).Refusals);
        Assert.Equal(("endpoint.address", why), (refusal.Field, refusal.Why));
        Assert.Contains("publicNetworkAccess: Enabled", refusal.Instead, StringComparison.Ordinal);
        Assert.Empty(SpecPlanner.Plan(null, desired with { PublicNetworkAccess = true }, Catalogue.With(null)).Refusals);
        Assert.Equal(
            "endpoint.address", Assert.Single(SpecPlanner.Plan(desired with { PublicNetworkAccess = true }, desired, Catalogue.With(Catalogue.Redis70)).Refusals).Field);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("10.1.2.3")]
    [InlineData("::1")]
    public void A_private_address_needs_nothing(string address) => Assert.Empty(
        SpecPlanner.Plan(null, Base with { Endpoint = new EndpointSpec { Address = address } }, Catalogue.With(null)).Refusals);

    [Fact]
    public void One_port_cannot_serve_both()
    {
        var desired = Base with { Endpoint = new EndpointSpec { TlsPort = 7000, PlainPort = 7000 } };
        Assert.Equal("endpoint.plain_port", Assert.Single(SpecPlanner.Plan(null, desired, Catalogue.With(null)).Refusals).Field);
    }

    [Fact]
    public void Before_an_engine_was_chosen_lower_versions_and_other_families_are_refused_by_the_specs_alone()
    {
        var current = Catalogue.Spec("7", EngineFamily.Redis);
        var context = Catalogue.With(null);
        Assert.Equal("redis.redis_version", Assert.Single(SpecPlanner.Plan(current, Catalogue.Spec("6", EngineFamily.Redis), context).Refusals).Field);
        Assert.Equal("engine", Assert.Single(SpecPlanner.Plan(current, Catalogue.Spec("7", EngineFamily.Valkey), context).Refusals).Field);
        Assert.Empty(SpecPlanner.Plan(current, Catalogue.Spec("8", EngineFamily.Redis), context).Refusals);
    }
}
