using Larder.Gateway.Tests.Harness;
using Larder.Model.Routing;
using Larder.Model.Specs;

namespace Larder.Gateway.Tests;

/// <summary>Messages, notices and acknowledged writes of a clustered cache, for clients that know nothing of shards.</summary>
public sealed class ShardedMessagesTests(ClusterTests.Formed formed) : IClassFixture<ClusterTests.Formed>, IAsyncLifetime
{
    private static readonly string[] Tags = ["a", "b", "c"];

    private RedisCluster _cluster = null!;
    private Door _door = null!;

    public async ValueTask InitializeAsync()
    {
        _cluster = formed.Cluster;
        _door = await ClusterTests.OpenAsync(_cluster, null);
        await using var wire = await _door.EnterAsync();
        Assert.Equal("+OK", await wire.AskAsync("FLUSHALL"));
    }

    public async ValueTask DisposeAsync() => await _door.DisposeAsync();

    [Fact]
    public async Task A_message_reaches_every_subscriber_once_wherever_it_is_published()
    {
        await using var second = await EnterAsync(2);
        await using var third = await EnterAsync(3);
        await using var node = await EnterAsync(2, node: 2);
        await using var replica = await EnterAsync(3, node: 5);
        Wire[] subscribers = [second, third, node, replica];
        foreach (var subscriber in subscribers)
        {
            Assert.Contains("[subscribe, news, :1]", await subscriber.AskAsync("SUBSCRIBE", "news"), StringComparison.Ordinal);
        }

        var sent = new List<string>();
        await using var publisher = await EnterAsync(2);
        for (var number = 0; number < 30; number++)
        {
            // Wherever its last command has led it.
            Assert.Equal("(nil)", await publisher.AskAsync("GET", $"{{{Tags[number % 3]}}}key"));
            Assert.StartsWith(":", await publisher.AskAsync("PUBLISH", "news", $"{number}"), StringComparison.Ordinal);
            sent.Add($"{number}");
        }

        for (var number = 0; number < 6; number++)
        {
            await using var own = await EnterAsync(2, number);
            Assert.StartsWith(":", await own.AskAsync("PUBLISH", "news", $"node {number}"), StringComparison.Ordinal);
            sent.Add($"node {number}");
        }

        foreach (var subscriber in subscribers)
        {
            var heard = (await subscriber.ReadManyAsync(sent.Count)).Select(message => message.Trim('>', '[', ']').Split(", ")[2]);
            Assert.Equal(sent.Order(), heard.Order());
            Assert.Contains("pong", (await subscriber.AskAsync("PING")).ToLowerInvariant(), StringComparison.Ordinal); // and nothing more
        }
    }

    [Fact]
    public async Task A_subscriber_that_works_on_keys_of_all_shards_misses_nothing()
    {
        await using var subscriber = await EnterAsync(3);
        Assert.Equal(">[subscribe, news, :1]", await subscriber.AskAsync("SUBSCRIBE", "news"));
        await using var publisher = await EnterAsync(2);
        var heard = new List<string>();
        for (var number = 0; number < 60; number++)
        {
            await subscriber.SendAsync("SET", $"{{{Tags[number % 3]}}}key", $"{number}");
            Assert.StartsWith(":", await publisher.AskAsync("PUBLISH", "news", $"{number}"), StringComparison.Ordinal);
            string answer;
            while ((answer = await subscriber.ReadAsync()) != "+OK")
            {
                heard.Add(answer);
            }
        }

        await subscriber.SendAsync("MGET", "{a}key", "{b}key", "{c}key");
        while (heard.Count < 60 || !heard[^1].StartsWith("[5", StringComparison.Ordinal))
        {
            heard.Add(await subscriber.ReadAsync());
        }

        Assert.Equal("[57, 58, 59]", Assert.Single(heard, text => text.StartsWith("[5", StringComparison.Ordinal)));
        Assert.Equal(Enumerable.Range(0, 60).Select(number => $">[message, news, {number}]"), heard.Where(text => text.StartsWith('>')));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_channel_of_a_shard_is_subscribed_to_at_its_shard_and_one_of_another_is_refused(int protocol)
    {
        await using var publisher = await EnterAsync(2);
        foreach (var tag in Tags)
        {
            await using var subscriber = await EnterAsync(protocol);
            Assert.Contains($"[ssubscribe, {{{tag}}}news, :1]", await subscriber.AskAsync("SSUBSCRIBE", $"{{{tag}}}news"), StringComparison.Ordinal);
            var other = Tags.First(one => one != tag);
            Assert.StartsWith("-CROSSSLOT", await subscriber.AskAsync("SSUBSCRIBE", $"{{{other}}}news"), StringComparison.Ordinal);
            Assert.Equal(":1", await publisher.AskAsync("SPUBLISH", $"{{{tag}}}news", tag));
            Assert.Equal(":0", await publisher.AskAsync("SPUBLISH", $"{{{other}}}news", "nobody"));
            Assert.Contains($"[smessage, {{{tag}}}news, {tag}]", await subscriber.ReadAsync(), StringComparison.Ordinal);
            if (protocol == 3)
            {
                Assert.Equal("(nil)", await subscriber.AskAsync("GET", $"{{{other}}}nothing"));
            }

            Assert.Contains($"[sunsubscribe, {{{tag}}}news, :0]", await subscriber.AskAsync("SUNSUBSCRIBE"), StringComparison.Ordinal);
            Assert.Contains($"[ssubscribe, {{{other}}}news, :1]", await subscriber.AskAsync("SSUBSCRIBE", $"{{{other}}}news"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Subscriptions_are_told_of_all_shards()
    {
        await using var wire = await EnterAsync(2);
        var subscribers = new List<Wire>();
        foreach (var node in new int?[] { 0, 2, 4, null })
        {
            var subscriber = await EnterAsync(2, node);
            await subscriber.AskAsync("SUBSCRIBE", "news");
            await subscriber.AskAsync("SUBSCRIBE", $"own:{node}");
            await subscriber.AskAsync("PSUBSCRIBE", $"p{node}*");
            subscribers.Add(subscriber);
        }

        foreach (var pinned in new[] { false, true })
        {
            if (pinned)
            {
                await wire.AskAsync("CLIENT", "ID");
            }

            Assert.Equal(["news", "own:", "own:0", "own:2", "own:4"], (await wire.AskAsync("PUBSUB", "CHANNELS")).Trim('[', ']').Split(", ").Order(StringComparer.Ordinal));
            Assert.Equal("[own:2]", await wire.AskAsync("PUBSUB", "CHANNELS", "own:2"));
            Assert.Equal("[news, :4, own:4, :1, nobody, :0]", await wire.AskAsync("PUBSUB", "NUMSUB", "news", "own:4", "nobody"));
            Assert.Equal(":4", await wire.AskAsync("PUBSUB", "NUMPAT"));
        }

        foreach (var subscriber in subscribers)
        {
            await subscriber.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_handover_of_a_shard_is_told_to_those_whom_it_concerns()
    {
        await using var whole = await EnterAsync(3);
        await using var own = await EnterAsync(3, node: 2);
        await using var other = await EnterAsync(3, node: 4);
        foreach (var wire in new[] { whole, own, other })
        {
            Assert.Equal("+OK", await wire.AskAsync("CLIENT", "MAINT_NOTIFICATIONS", "ON"));
            Assert.Equal(">[subscribe, AzureRedisEvents, :1]", await wire.AskAsync("SUBSCRIBE", "AzureRedisEvents"));
        }

        IGatewayHold hold = _door.Gateway;
        Assert.True(await hold.HoldShardAsync("dev", 1, HoldReason.Handover, TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken));
        hold.ReleaseShard("dev", 1);
        foreach (var (wire, port) in new[] { (whole, _door.Port), (own, PortOf(2)) })
        {
            var told = await wire.ReadManyAsync(5);
            Assert.Matches(@"^>\[FAILING_OVER, :\d+, :5, \[""1""\]\]$", told[0]);
            Assert.Contains("NodeMaintenanceStarting", told[1], StringComparison.Ordinal);
            Assert.Contains($"NotificationType|NodeMaintenanceStart|IsReplica|False|IPAddress|127.0.0.1|SSLPort|{port}|", told[2], StringComparison.Ordinal);
            Assert.Matches(@"^>\[FAILED_OVER, :\d+, \[""1""\]\]$", told[3]);
            Assert.Contains("NodeMaintenanceEnded", told[4], StringComparison.Ordinal);
        }

        Assert.Equal("+PONG", await other.AskAsync("PING"));
    }

    [Fact]
    public async Task A_lost_primary_of_a_shard_and_the_next_one_are_told()
    {
        await using var wire = await EnterAsync(3);
        Assert.Equal("+OK", await wire.AskAsync("CLIENT", "MAINT_NOTIFICATIONS", "ON"));
        var whole = _door.Route("dev");
        _door.Set(whole with { Shards = [.. whole.Shards.Select(shard => shard.Shard == 2 ? shard with { Primary = null } : shard)] });
        Assert.Matches(@"^>\[FAILING_OVER, :\d+, :\d+, \[""2""\]\]$", await wire.ReadAsync());
        _door.Set(whole with { Shards = [.. whole.Shards.Select(shard => shard.Shard == 2 ? shard with { Primary = shard.Primary! with { Epoch = 9 } } : shard)] });
        Assert.Matches(@"^>\[FAILED_OVER, :\d+, \[""2""\]\]$", await wire.ReadAsync());
    }

    [Fact]
    public async Task With_quorum_every_write_is_acknowledged_by_a_replica_of_its_own_shard()
    {
        await _door.DisposeAsync();
        _door = await ClusterTests.OpenAsync(_cluster, null, DurabilityMode.Quorum);
        await using var wire = await EnterAsync(2);
        for (var number = 0; number < 30; number++)
        {
            var tag = Tags[number % 3];
            Assert.Equal("+OK", await wire.AskAsync("SET", $"{{{tag}}}key", $"{number}"));
            Assert.Equal($"{number}", await wire.AskAsync("GET", $"{{{tag}}}key"));
        }

        Assert.Equal("[27, 28, 29]", await wire.AskAsync("MGET", "{a}key", "{b}key", "{c}key"));
        Assert.Equal("+OK", await wire.AskAsync("MSET", "{a}key", "x", "{b}key", "y", "{c}key", "z"));
        Assert.Equal(0, _door.Gateway.Snapshot().Totals.NotAcknowledged);

        // A shard whose replica does not answer: its writes are told, those of the others are not.
        _door.Change("dev", route => route with { Failover = new FailoverSpec { QuorumTimeoutMs = 300 } });
        _cluster[3].Freeze();
        try
        {
            Assert.StartsWith("-UNCERTAIN the write is done on the primary", await wire.AskAsync("MSET", "{a}key", "1", "{b}key", "2", "{c}key", "3"), StringComparison.Ordinal);
            Assert.Equal("[1, 2, 3]", await wire.AskAsync("MGET", "{a}key", "{b}key", "{c}key"));
            Assert.Equal(1, _door.Gateway.Snapshot().Totals.NotAcknowledged);
            Assert.StartsWith("-UNCERTAIN", await wire.AskAsync("SET", "{c}key", "4"), StringComparison.Ordinal);
            Assert.Equal("+OK", await wire.AskAsync("SET", "{a}key", "4"));
        }
        finally
        {
            _cluster[3].Thaw();
        }
    }

    private int PortOf(int node) => _door.Route("dev").Listen.Single(endpoint => endpoint.NodeOrdinal == node).Port;

    private Task<Wire> EnterAsync(int protocol, int? node = null) => _door.EnterAsync(protocol, node is { } ordinal ? PortOf(ordinal) : null);
}
