using System.Collections.Immutable;
using Larder.Model.Specs;

namespace Larder.Model.Tests.Specs;

/// <summary>The size table, the form's words, and equality of specs.</summary>
public sealed class SpecValuesTests
{
    [Theory]
    [InlineData(1, 6, 7500, 16)]
    [InlineData(2, 13, 15000, 32)]
    [InlineData(3, 26, 30000, 48)]
    [InlineData(4, 53, 40000, 64)]
    [InlineData(5, 120, 40000, 64)]
    public void Of_Capacity_IsItsRow(int capacity, int gigabytes, int clients, int databases)
    {
        Assert.Equal(new CapacitySize(capacity, gigabytes, clients, databases), CapacitySizes.Of(capacity));
        Assert.Equal(clients, CapacitySizes.MaxClients(capacity));
        Assert.Equal(databases, CapacitySizes.MaxDatabases(capacity));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    public void Of_NoCapacity_Throws(int capacity) => Assert.Throws<ArgumentOutOfRangeException>(() => CapacitySizes.Of(capacity));

    [Fact]
    public void NodeBytes_SpecWithAndWithoutMemory_IsOneOrTheOther()
    {
        var spec = new CacheSpec { Name = "a", Redis = new RedisSpec { Capacity = 5, ReplicasPerPrimary = 1 } };
        Assert.Equal(120L << 30, CapacitySizes.NodeBytes(spec));
        Assert.Equal(64L << 20, CapacitySizes.NodeBytes(spec with { MemoryMb = 64 }));
        Assert.Equal(80, (100 * CapacitySizes.UsableBytes(spec) + CapacitySizes.NodeBytes(spec) - 1) / CapacitySizes.NodeBytes(spec));
        Assert.InRange(CapacitySizes.UsableBytes(spec with { MemoryMb = 16 }), 13_000_000, 13_421_772);
    }

    [Fact]
    public void Parse_EveryWord_IsItsValueAgain()
    {
        Assert.All(Enum.GetValues<PersistenceMode>(), value => Assert.Equal(value, SpecWords.Parse<PersistenceMode>(SpecWords.Of(value), SpecWords.Of)));
        Assert.All(Enum.GetValues<MonitoringMode>(), value => Assert.Equal(value, SpecWords.Parse<MonitoringMode>(SpecWords.Of(value), SpecWords.Of)));
        Assert.All(Enum.GetValues<EngineFamily>(), value => Assert.Equal(value, SpecWords.Parse<EngineFamily>(SpecWords.Of(value), SpecWords.Of)));
        Assert.All(Enum.GetValues<DurabilityMode>(), value => Assert.Equal(value, SpecWords.Parse<DurabilityMode>(SpecWords.Of(value), SpecWords.Of)));
        var exception = Assert.Throws<ArgumentException>(() => SpecWords.Parse<DurabilityMode>("Async", SpecWords.Of));
        Assert.StartsWith("'Async' is none of async, quorum.", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Equals_MonitoringWithEqualAlarms_IsEqualAndHashesAlike()
    {
        Assert.Equal(Make(90), Make(90));
        Assert.Equal(Make(90).GetHashCode(), Make(90).GetHashCode());
        Assert.NotEqual(Make(90), Make(80));
        Assert.NotEqual(Make(90), Make(90) with { Mode = MonitoringMode.Disabled });

        static MonitoringSpec Make(int threshold) => new()
        {
            Mode = MonitoringMode.Custom,
            Alarms = ImmutableSortedDictionary<string, AlarmSpec>.Empty.Add(
                "cpu_metric_alert", new AlarmSpec(1, "PT1M", "PT5M", "Average", "Equals", threshold)),
        };
    }
}
