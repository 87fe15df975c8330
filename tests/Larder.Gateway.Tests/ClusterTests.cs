using System.Globalization;
using Larder.Gateway.Tests.Harness;
using Larder.Model.Routing;
using Larder.Model.Specs;
using StackExchange.Redis;

namespace Larder.Gateway.Tests;

/// <summary>A clustered cache through the gateway: nodes at ports of their own, topology and redirections with the gateway's addresses.</summary>
public sealed class ClusterTests(ClusterTests.Formed formed) : IClassFixture<ClusterTests.Formed>, IAsyncLifetime
{
    private const int Shards = 3;

    /// <summary>The tests that leave roles and slots as they are share a cluster: forming one takes seconds.</summary>
    public sealed class Formed : IAsyncLifetime
    {
        internal RedisCluster Cluster { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Cluster = await RedisCluster.StartAsync(Shards);

        public async ValueTask DisposeAsync() => await Cluster.DisposeAsync();
    }

    private RedisCluster _cluster = null!;
    private Door _door = null!;
    private int _firstPort;

    public async ValueTask InitializeAsync()
    {
        _cluster = formed.Cluster;
        (_door, _firstPort) = await OpenAsync(_cluster);
        await using var wire = await _door.EnterAsync();
        Assert.Equal("+OK", await wire.AskAsync("FLUSHALL"));
    }

    public async ValueTask DisposeAsync() => await _door.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_node_serves_its_own_slots_and_sends_clients_to_the_others_at_ports_of_the_gateway(bool shares)
    {
        await using var door = shares ? null : await Door.OpenAsync(
            _cluster[0], new GatewayOptions { SharesConnections = false }, change: route => _cluster.Route(route, FreeRun(Shards * 2), TimeProvider.System));
        var (used, first) = (door ?? _door, door is null ? _firstPort : door.Route("dev").Listen.First(endpoint => endpoint.NodeOrdinal == 0).Port);
        await using var wire = await EnterAsync(used, first);
        var (own, moved) = (0, 0);
        for (var number = 0; number < 60; number++)
        {
            var answer = await wire.AskAsync("SET", $"key{number}", $"{number}");
            if (answer == "+OK")
            {
                own++;
                continue;
            }

            var words = answer.Split(' ');
            Assert.Equal("-MOVED", words[0]);
            var shard = Enumerable.Range(0, Shards).Single(shard => RedisCluster.SlotsOf(shard, Shards).Contains(int.Parse(words[1], CultureInfo.InvariantCulture)));
            Assert.Equal($"127.0.0.1:{first + (shard * 2)}", words[2]);
            await using var other = await EnterAsync(used, first + (shard * 2));
            Assert.Equal("+OK", await other.AskAsync("SET", $"key{number}", $"{number}"));
            Assert.Equal($"{number}", await other.AskAsync("GET", $"key{number}"));
            moved++;
        }

        Assert.True(own > 0 && moved > own, $"{own} here, {moved} elsewhere");
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task The_topology_names_the_gateways_ports_alone(int protocol)
    {
        await using var wire = await _door.ConnectAsync();
        await wire.AskAsync("HELLO", $"{protocol}", "AUTH", "default", Door.Key);
        foreach (var command in new[] { "SLOTS", "SHARDS", "NODES" })
        {
            var answer = await wire.AskAsync("CLUSTER", command);
            Assert.All(_cluster.InternalPorts, port => Assert.DoesNotContain($"{port}", answer, StringComparison.Ordinal));
            Assert.All(Enumerable.Range(0, Shards * 2), node =>
            {
                Assert.Contains($"{_firstPort + node}", answer, StringComparison.Ordinal);
                Assert.Contains(_cluster.IdOf(node), answer, StringComparison.Ordinal);
            });
        }

        Assert.Contains(_cluster.IdOf(1), await wire.AskAsync("CLUSTER", "REPLICAS", _cluster.IdOf(0)), StringComparison.Ordinal);
        Assert.Contains("cluster_state:ok", await wire.AskAsync("CLUSTER", "INFO"), StringComparison.Ordinal);
        Assert.Equal("-ERR unknown command 'CLUSTER', with args beginning with: 'MEET' '127.0.0.1' '1' ", await wire.AskAsync("CLUSTER", "MEET", "127.0.0.1", "1"));
        Assert.Equal("-ERR SELECT is not allowed in cluster mode", await wire.AskAsync("SELECT", "1"));
    }

    [Fact]
    public async Task A_library_that_knows_clusters_finds_every_key_from_the_first_contact_on()
    {
        var options = ConfigurationOptions.Parse($"127.0.0.1:{_door.Port},ssl=true,sslHost=dev.test,password={Door.Key}");
#pragma warning disable CA5359 // What certificate is shown is another test's matter.
        options.CertificateValidation += (_, _, _, _) => true;
#pragma warning restore CA5359
        await using var library = await ConnectionMultiplexer.ConnectAsync(options);
        var database = library.GetDatabase();
        await Task.WhenAll(Enumerable.Range(0, 300).Select(number => database.StringSetAsync($"many{number}", number)));
        for (var number = 0; number < 300; number++)
        {
            Assert.Equal(number, (int)await database.StringGetAsync($"many{number}"));
        }

        Assert.Equal(Shards * 2, library.GetEndPoints().Count(end => ((System.Net.IPEndPoint)end).Port != _door.Port));
        var counts = await Task.WhenAll(Enumerable.Range(0, Shards).Select(shard => _cluster[shard * 2].AskAsync("DBSIZE")));
        Assert.All(counts, count => Assert.NotEqual(":0", count));
    }

    [Fact]
    public async Task A_replica_is_read_from_by_who_says_so_and_refuses_the_rest_with_the_primarys_port()
    {
        var key = KeyOf(0);
        await using var primary = await EnterAsync(_door, _firstPort);
        Assert.Equal("+OK", await primary.AskAsync("SET", key, "1"));
        Assert.Equal(":1", await primary.AskAsync("WAIT", "1", "5000"));
        await using var replica = await EnterAsync(_door, _firstPort + 1);
        Assert.EndsWith($" 127.0.0.1:{_firstPort}", await replica.AskAsync("GET", key), StringComparison.Ordinal);
        Assert.Equal("+OK", await replica.AskAsync("READONLY"));
        for (var count = 1; count <= 100; count++)
        {
            Assert.Equal("1", await replica.AskAsync("GET", key));
        }

        Assert.EndsWith($" 127.0.0.1:{_firstPort}", await replica.AskAsync("SET", key, "2"), StringComparison.Ordinal);
        Assert.Equal("+OK", await replica.AskAsync("READWRITE"));
        Assert.StartsWith("-MOVED ", await replica.AskAsync("GET", key), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_slot_on_its_way_is_asked_for_at_its_new_shard()
    {
        await using var own = await OwnAsync();
        var key = KeyOf(0);
        var slot = (await _cluster[0].AskAsync("CLUSTER", "KEYSLOT", key))[1..];
        Assert.Equal("+OK", await _cluster[2].AskAsync("CLUSTER", "SETSLOT", slot, "IMPORTING", _cluster.IdOf(0)));
        Assert.Equal("+OK", await _cluster[0].AskAsync("CLUSTER", "SETSLOT", slot, "MIGRATING", _cluster.IdOf(2)));
        await using var source = await EnterAsync(_door, _firstPort);
        Assert.Equal($"-ASK {slot} 127.0.0.1:{_firstPort + 2}", await source.AskAsync("GET", key));
        await using var target = await EnterAsync(_door, _firstPort + 2);
        Assert.StartsWith("-MOVED ", await target.AskAsync("GET", key), StringComparison.Ordinal);
        await target.SendAsync("ASKING");
        await target.SendAsync("SET", key, "new");
        Assert.Equal(["+OK", "+OK"], await target.ReadManyAsync(2));
        Assert.StartsWith("-MOVED ", await target.AskAsync("GET", key), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_primary_of_a_shard_takes_over_while_the_others_go_on()
    {
        await using var own = await OwnAsync();
        var key = KeyOf(0);
        await using var old = await EnterAsync(_door, _firstPort);
        await using var next = await EnterAsync(_door, _firstPort + 1);
        await using var other = await EnterAsync(_door, _firstPort + 2);
        Assert.Equal("+OK", await old.AskAsync("SET", key, "1"));
        Assert.Equal(":1", await old.AskAsync("WAIT", "1", "5000"));
        Assert.Equal("+OK", await other.AskAsync("SET", KeyOf(1), "1"));
        Assert.Equal("+OK", await _cluster[1].AskAsync("CLUSTER", "FAILOVER", "TAKEOVER"));
        await Door.EventuallyAsync(async () => (await _cluster[0].AskAsync("ROLE")).StartsWith("[slave", StringComparison.Ordinal), "the old primary follows");
        _door.Set(_cluster.Route(_door.Route("dev") with { Listen = [_door.Endpoint] }, _firstPort, TimeProvider.System, shard => shard == 0 ? 1 : shard * 2, epoch: 2));
        await Door.EventuallyAsync(async () => await next.AskAsync("SET", key, "2") == "+OK", "the new one takes writes");

        // The old one's door may be on its way to the new route, with the command already under way to an engine that it leaves; neither executes it.
        var refused = "";
        await Door.EventuallyAsync(
            async () => !(refused = await old.AskAsync("SET", key, "3")).StartsWith("-UNCERTAIN", StringComparison.Ordinal), "the old one's door has moved");
        Assert.EndsWith($" 127.0.0.1:{_firstPort + 1}", refused, StringComparison.Ordinal);
        Assert.Equal("2", await next.AskAsync("GET", key));
        Assert.Equal("1", await other.AskAsync("GET", KeyOf(1)));
    }

    [Fact]
    public async Task A_handover_does_not_wait_for_subscribers_at_the_old_primarys_own_port()
    {
        await using var own = await OwnAsync();
        await using var subscriber = await EnterAsync(_door, _firstPort);
        await subscriber.AskAsync("SUBSCRIBE", "news");
        var limit = TimeSpan.FromSeconds(30);
        var cancellation = TestContext.Current.CancellationToken;
        Assert.True(await _door.Gateway.HoldShardAsync("dev", 0, HoldReason.Handover, limit, cancellation));
        Assert.Equal("+OK", await _cluster[1].AskAsync("CLUSTER", "FAILOVER", "TAKEOVER"));
        var route = _cluster.Route(_door.Route("dev") with { Listen = [_door.Endpoint] }, _firstPort, TimeProvider.System, shard => shard == 0 ? 1 : shard * 2, epoch: 2);

        // As it is in a handover: nobody has seen yet that the old primary follows.
        _door.Set(route with { Shards = [.. route.Shards.Select(shard => shard with { Nodes = [.. shard.Nodes.Select(node => node.Ordinal == 0 ? node with { InSync = false } : node)] })] });
        Assert.True(await _door.Gateway.FollowShardAsync("dev", 0, 2, limit, cancellation));
        _door.Gateway.ReleaseShard("dev", 0);
        _door.Set(route);
        await using var next = await EnterAsync(_door, _firstPort + 1);
        await Door.EventuallyAsync(async () => await next.AskAsync("SET", KeyOf(0), "1") == "+OK", "the new one takes writes");
        await Door.EventuallyAsync(async () => (await _cluster[0].AskAsync("PUBSUB", "NUMSUB", "news")) == "[news, :1]", "the subscriber is at its node");
        await next.AskAsync("PUBLISH", "news", "hello");
        Assert.Equal("[message, news, hello]", await subscriber.ReadAsync());
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_client_that_knows_nothing_of_shards_finds_every_key_in_the_order_of_its_commands(int protocol)
    {
        await using var wire = await _door.ConnectAsync();
        await wire.AskAsync("HELLO", $"{protocol}", "AUTH", "default", Door.Key);
        const int count = 300;
        await wire.WriteAsync([.. Enumerable.Range(0, count).SelectMany(number => Wire.Encode("SET", $"k{number}", $"v{number}").Concat(Wire.Encode("GET", $"k{number}")))]);
        var replies = await wire.ReadManyAsync(count * 2);
        Assert.Equal(Enumerable.Range(0, count).SelectMany(number => new[] { "+OK", $"v{number}" }), replies);
        Assert.Equal($":{count}", await wire.AskAsync("DBSIZE"));
        var counts = await Task.WhenAll(Enumerable.Range(0, Shards).Select(shard => _cluster[shard * 2].AskAsync("DBSIZE")));
        Assert.All(counts, shard => Assert.NotEqual(":0", shard));

        Assert.Equal("[v1, v2, (nil), v3, v2]", await wire.AskAsync("MGET", "k1", "k2", "nothing", "k3", "k2"));
        Assert.Equal("+OK", await wire.AskAsync("MSET", "k1", "w1", "k2", "w2", "k3", "w3"));
        Assert.Equal("[w1, w2, w3]", await wire.AskAsync("MGET", "k1", "k2", "k3"));
        Assert.Equal(":3", await wire.AskAsync("EXISTS", "k1", "k2", "k3", "nothing"));
        Assert.Equal(":3", await wire.AskAsync("TOUCH", "k1", "k2", "k3"));
        Assert.Equal(":2", await wire.AskAsync("DEL", "k1", "k2", "nothing"));
        Assert.Equal(":1", await wire.AskAsync("UNLINK", "k3", "k2"));
        var keys = (await wire.AskAsync("KEYS", "*")).Trim('[', ']').Split(", ");
        Assert.Equal(count - 3, keys.Distinct().Count());

        var (seen, cursor) = (new HashSet<string>(), "0");
        do
        {
            var page = (await wire.AskAsync("SCAN", cursor, "COUNT", "20")).Trim('[', ']').Split(", ", 2);
            cursor = page[0];
            seen.UnionWith(page[1].Trim('[', ']').Split(", ", StringSplitOptions.RemoveEmptyEntries));
        }
        while (cursor != "0");
        Assert.Equal(keys.Order(), seen.Order());

        Assert.Equal("+OK", await wire.AskAsync("FLUSHALL"));
        Assert.Equal(":0", await wire.AskAsync("DBSIZE"));
    }

    [Fact]
    public async Task What_cannot_be_done_across_shards_is_refused_as_an_engine_refuses_it()
    {
        await using var wire = await _door.EnterAsync();
        const string crossing = "-CROSSSLOT Keys in request don't hash to the same slot";
        Assert.Equal(crossing, await wire.AskAsync("MSETNX", "{a}1", "x", "{b}1", "y"));
        Assert.Equal(crossing, await wire.AskAsync("SINTER", "{a}1", "{b}1"));
        Assert.Equal(crossing, await wire.AskAsync("RENAME", "{a}1", "{b}1"));
        Assert.Equal(crossing, await wire.AskAsync("MSET", "{a}1", "x", "{b}1"));
        Assert.Equal("-ERR wrong number of arguments for 'mset' command", await wire.AskAsync("MSET", "{a}1", "x", "{a}2"));
        Assert.Equal("-ERR wrong number of arguments for 'get' command", await wire.AskAsync("GET"));
        Assert.Equal("-ERR SELECT is not allowed in cluster mode", await wire.AskAsync("SELECT", "3"));
        Assert.Equal(":1", await wire.AskAsync("MSETNX", "{a}1", "x", "{a}2", "y"));
        Assert.Equal("1", await wire.AskAsync("EVAL", "return redis.call('SET', KEYS[1], 1) and redis.call('GET', KEYS[1])", "1", "{b}script"));
    }

    [Fact]
    public async Task Transactions_and_waiting_commands_go_to_the_shard_of_their_keys()
    {
        await using var wire = await _door.EnterAsync();
        foreach (var tag in new[] { "a", "b", "c" })
        {
            Assert.Equal("+OK", await wire.AskAsync("MULTI"));
            Assert.Equal("+QUEUED", await wire.AskAsync("SET", $"{{{tag}}}1", tag));
            Assert.Equal("+QUEUED", await wire.AskAsync("GET", $"{{{tag}}}1"));
            Assert.Equal($"[+OK, {tag}]", await wire.AskAsync("EXEC"));
            Assert.Equal("+OK", await wire.AskAsync("WATCH", $"{{{tag}}}1"));
            Assert.Equal("+OK", await wire.AskAsync("MULTI"));
            Assert.Equal("+QUEUED", await wire.AskAsync("INCR", $"{{{tag}}}2"));
            Assert.Equal("[:1]", await wire.AskAsync("EXEC"));
            Assert.Equal(":1", await wire.AskAsync("RPUSH", $"{{{tag}}}list", "x"));
            Assert.Equal($"[{{{tag}}}list, x]", await wire.AskAsync("BLPOP", $"{{{tag}}}list", "1"));
        }

        Assert.Equal("+OK", await wire.AskAsync("MULTI"));
        Assert.Equal("+QUEUED", await wire.AskAsync("SET", "{a}1", "x"));
        Assert.StartsWith("-CROSSSLOT", await wire.AskAsync("SET", "{b}1", "x"), StringComparison.Ordinal);
        Assert.StartsWith("-EXECABORT", await wire.AskAsync("EXEC"), StringComparison.Ordinal);
        Assert.Equal("a", await wire.AskAsync("GET", "{a}1"));

        await wire.WriteAsync([.. Wire.Encode("MULTI"), .. Wire.Encode("SET", "{b}9", "1"), .. Wire.Encode("EXEC"), .. Wire.Encode("GET", "{a}1"), .. Wire.Encode("GET", "{b}9")]);
        Assert.Equal(["+OK", "+QUEUED", "[+OK]", "a", "1"], await wire.ReadManyAsync(5));
    }

    [Fact]
    public async Task Messages_reach_subscribers_wherever_they_are()
    {
        await using var subscriber = await _door.EnterAsync();
        await subscriber.AskAsync("SUBSCRIBE", "news");
        await using var node = await EnterAsync(_door, _firstPort + 4);
        await node.AskAsync("SUBSCRIBE", "news");
        await using var wire = await _door.EnterAsync();
        Assert.Equal("(nil)", await wire.AskAsync("GET", KeyOf(1)));
        await wire.AskAsync("PUBLISH", "news", "hello");
        Assert.Equal("[message, news, hello]", await subscriber.ReadAsync());
        Assert.Equal("[message, news, hello]", await node.ReadAsync());
    }

    [Fact]
    public async Task A_slot_that_moves_moves_unseen_by_who_knows_nothing_of_shards()
    {
        await using var own = await OwnAsync();
        var key = KeyOf(0);
        await using var wire = await _door.EnterAsync();
        Assert.Equal("+OK", await wire.AskAsync("SET", key, "old"));
        var slot = (await _cluster[0].AskAsync("CLUSTER", "KEYSLOT", key))[1..];
        Assert.Equal("+OK", await _cluster[2].AskAsync("CLUSTER", "SETSLOT", slot, "IMPORTING", _cluster.IdOf(0)));
        Assert.Equal("+OK", await _cluster[0].AskAsync("CLUSTER", "SETSLOT", slot, "MIGRATING", _cluster.IdOf(2)));
        Assert.Equal("old", await wire.AskAsync("GET", key));
        Assert.Equal("+OK", await wire.AskAsync("SET", "{b}new", "1"));
        Assert.Equal("(nil)", await _cluster[0].AskAsync("GET", "{b}new").ContinueWith(answer => answer.Result.StartsWith("-ASK", StringComparison.Ordinal) ? "(nil)" : answer.Result, TaskScheduler.Default));
        Assert.Equal("1", await wire.AskAsync("GET", "{b}new"));
        await _cluster[0].AskAsync("MIGRATE", "127.0.0.1", $"{_cluster.InternalPorts.ElementAt(2)}", key, "0", "5000");
        foreach (var node in new[] { 2, 0 })
        {
            Assert.Equal("+OK", await _cluster[node].AskAsync("CLUSTER", "SETSLOT", slot, "NODE", _cluster.IdOf(2)));
        }

        // The gateway's route still says shard 0; that one sends the commands on.
        await wire.WriteAsync([.. Wire.Encode("GET", key), .. Wire.Encode("GET", KeyOf(1)), .. Wire.Encode("SET", key, "new"), .. Wire.Encode("GET", key)]);
        Assert.Equal(["old", "(nil)", "+OK", "new"], await wire.ReadManyAsync(4));
    }

    [Fact]
    public async Task Whoever_was_at_a_shard_that_is_no_more_goes_on_at_another_one()
    {
        await using var wire = await _door.EnterAsync();
        await using var subscriber = await _door.EnterAsync();
        Assert.Equal("(nil)", await wire.AskAsync("GET", KeyOf(2)));
        Assert.Equal("(nil)", await subscriber.AskAsync("GET", KeyOf(2)));
        await subscriber.AskAsync("SUBSCRIBE", "news");
        Assert.Equal("[news, :1]", await _cluster[4].AskAsync("PUBSUB", "NUMSUB", "news"));
        var route = _door.Route("dev");
        _door.Set(route with
        {
            Shards = [.. route.Shards.Where(shard => shard.Shard != 2)],
            Listen = [.. route.Listen.Where(endpoint => endpoint.NodeOrdinal is not (4 or 5))],
        });
        await Door.EventuallyAsync(async () => await _cluster[0].AskAsync("PUBSUB", "NUMSUB", "news") == "[news, :1]", "the subscriber is at another shard");
        Assert.StartsWith("[", await wire.AskAsync("TIME"), StringComparison.Ordinal);
        await wire.AskAsync("PUBLISH", "news", "hello");
        Assert.Equal("[message, news, hello]", await subscriber.ReadAsync());
    }

    /// <summary>A cluster for one test alone, which changes it.</summary>
    private async Task<RedisCluster> OwnAsync()
    {
        await _door.DisposeAsync();
        _cluster = await RedisCluster.StartAsync(Shards);
        (_door, _firstPort) = await OpenAsync(_cluster);
        return _cluster;
    }

    private static async Task<(Door Door, int FirstPort)> OpenAsync(RedisCluster cluster)
    {
        var first = FreeRun(Shards * 2);
        return (await Door.OpenAsync(cluster[0], change: route => cluster.Route(route, first, TimeProvider.System)), first);
    }

    /// <summary>A gateway for a cluster.</summary>
    internal static Task<Door> OpenAsync(RedisCluster cluster, GatewayOptions? options, DurabilityMode durability = DurabilityMode.Async) => Door.OpenAsync(
        cluster[0], options, durability: durability, change: route => cluster.Route(route, FreeRun(Shards * 2), TimeProvider.System));

    private static async Task<Wire> EnterAsync(Door door, int port)
    {
        var wire = await door.ConnectAsync(port: port);
        Assert.Equal("+OK", await wire.AskAsync("AUTH", Door.Key));
        return wire;
    }

    /// <summary>A key in a slot of a shard; the slots were reckoned with CLUSTER KEYSLOT.</summary>
    private static string KeyOf(int shard) => shard switch { 0 => "{b}key", 1 => "{c}key", _ => "{a}key" };

    private static int FreeRun(int count)
    {
        while (true)
        {
            var first = Door.FreePort();
            if (first + count < 65_000 && Enumerable.Range(first, count).All(IsFree))
            {
                return first;
            }
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }
}
