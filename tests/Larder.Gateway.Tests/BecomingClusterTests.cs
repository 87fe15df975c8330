using System.Globalization;
using Larder.Gateway.Tests.Harness;
using Larder.Model.Clusters;
using Larder.Model.Routing;

namespace Larder.Gateway.Tests;

/// <summary>A cache that is served becomes a cluster: clients of its port go on, and find the shards.</summary>
public sealed class BecomingClusterTests : IAsyncLifetime
{
    private const int Shards = 2;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private RedisCluster _cluster = null!;
    private Door _door = null!;

    public async ValueTask InitializeAsync()
    {
        _cluster = await RedisCluster.StartAsync(Shards);
        _door = await Door.OpenAsync(_cluster[0]);
    }

    public async ValueTask DisposeAsync()
    {
        await _door.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Commands_before_during_and_after_are_answered_in_their_order_at_whatever_shard(bool pinned)
    {
        await using var wire = await _door.EnterAsync();
        if (pinned)
        {
            Assert.Equal("+OK", await wire.AskAsync("WATCH", Key(0, 0)));
            Assert.Equal("+OK", await wire.AskAsync("UNWATCH"));
        }

        Assert.Equal("+OK", await wire.AskAsync("SET", Key(0, 1), "before"));
        Assert.True(await _door.Gateway.HoldAsync("dev", HoldReason.Handover, Limit, TestContext.Current.CancellationToken));
        await wire.SendAsync("GET", Key(0, 1));
        await wire.SendAsync("SET", Key(0, 2), "held");
        await wire.SendAsync("GET", Key(0, 2));
        _door.Change("dev", route => _cluster.Route(route, _door.Port + 1, TimeProvider.System, epoch: 2) with { Listen = route.Listen });
        await Door.EventuallyAsync(() => Task.FromResult(_door.Gateway.Snapshot().Caches[0].Epoch == 2), "the gateway has the cluster's route");
        _door.Gateway.Release("dev");
        Assert.Equal(["before", "+OK", "held"], await wire.ReadManyAsync(3));
        for (var number = 0; number < 200; number++)
        {
            Assert.Equal("+OK", await wire.AskAsync("SET", Key(number % Shards, number), $"{number}"));
            Assert.Equal($"{number}", await wire.AskAsync("GET", Key(number % Shards, number)));
        }
    }

    [Fact]
    public async Task A_client_in_another_database_is_disconnected_and_may_come_again()
    {
        await using var unclustered = await RedisProcess.StartAsync();
        await using var door = await Door.OpenAsync(unclustered);
        await using var elsewhere = await door.EnterAsync();
        await using var here = await door.EnterAsync();
        Assert.Equal("+OK", await elsewhere.AskAsync("SELECT", "3"));
        Assert.Equal("+OK", await here.AskAsync("SELECT", "0"));
        door.Change("dev", route => _cluster.Route(route, door.Port + 1, TimeProvider.System, epoch: 2) with { Listen = route.Listen });
        Assert.Equal("", await elsewhere.ReadToEndAsync());
        Assert.Equal("+OK", await here.AskAsync("SET", Key(1, 1), "1"));
        await using var again = await door.EnterAsync();
        Assert.Equal("1", await again.AskAsync("GET", Key(1, 1)));
    }

    /// <summary>A key of a shard.</summary>
    private static string Key(int shard, int number)
    {
        for (var attempt = 0; ; attempt++)
        {
            var key = string.Create(CultureInfo.InvariantCulture, $"key{number}:{attempt}");
            if (RedisCluster.SlotsOf(shard, Shards).Contains(KeySlot.Of(System.Text.Encoding.ASCII.GetBytes(key))))
            {
                return key;
            }
        }
    }
}
