using System.Globalization;
using System.Text;
using Larder.Gateway.Tests.Harness;
using Larder.Model.Routing;

namespace Larder.Gateway.Tests;

/// <summary>Commands that concern all shards of a clustered cache, from clients that know nothing of shards: scripts, functions, large commands.</summary>
public sealed class ShardedCommandTests(ClusterTests.Formed formed) : IClassFixture<ClusterTests.Formed>, IAsyncLifetime
{
    private const int Shards = 3;
    private const string Script = "return redis.call('SET', KEYS[1], ARGV[1])";
    private const string Library = "#!lua name=books\nredis.register_function('put', function(keys, args) return redis.call('SET', keys[1], args[1]) end)";
    private static readonly string[] Tags = ["a", "b", "c"];

    private RedisCluster _cluster = null!;
    private Door _door = null!;

    public async ValueTask InitializeAsync()
    {
        _cluster = formed.Cluster;
        _door = await ClusterTests.OpenAsync(_cluster, null);
        await using var wire = await _door.EnterAsync();
        Assert.Equal("+OK", await wire.AskAsync("FLUSHALL"));
        Assert.Equal("+OK", await wire.AskAsync("SCRIPT", "FLUSH"));
        Assert.Equal("+OK", await wire.AskAsync("FUNCTION", "FLUSH"));
    }

    public async ValueTask DisposeAsync() => await _door.DisposeAsync();

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_script_that_was_loaded_is_there_for_keys_of_every_shard(int protocol)
    {
        await using var wire = await EnterAsync(protocol);
        var sha = await wire.AskAsync("SCRIPT", "LOAD", Script);
        Assert.Equal(40, sha.Length);
        foreach (var tag in Tags)
        {
            Assert.Equal("+OK", await wire.AskAsync("EVALSHA", sha, "1", $"{{{tag}}}key", tag));
            Assert.Equal(tag, await wire.AskAsync("GET", $"{{{tag}}}key"));
        }

        Assert.Equal("[:1, :0]", await wire.AskAsync("SCRIPT", "EXISTS", sha, new string('0', 40)));
        Assert.Equal("+OK", await _cluster[2].AskAsync("SCRIPT", "FLUSH"));
        Assert.Equal("[:0, :0]", await wire.AskAsync("SCRIPT", "EXISTS", sha, new string('0', 40)));
        Assert.Equal("+OK", await wire.AskAsync("script", "flush", "sync"));
        foreach (var tag in Tags)
        {
            Assert.StartsWith("-NOSCRIPT", await wire.AskAsync("EVALSHA", sha, "1", $"{{{tag}}}key", tag), StringComparison.Ordinal);
        }

        Assert.StartsWith("-ERR Error compiling script", await wire.AskAsync("SCRIPT", "LOAD", "return +"), StringComparison.Ordinal);
        Assert.StartsWith("-NOTBUSY", await wire.AskAsync("SCRIPT", "KILL"), StringComparison.Ordinal);
        Assert.Equal("-ERR wrong number of arguments for 'script|load' command", await wire.AskAsync("SCRIPT", "LOAD"));
    }

    [Fact]
    public async Task A_function_library_is_the_same_on_every_shard()
    {
        await using var wire = await EnterAsync(2);
        Assert.Equal("books", await wire.AskAsync("FUNCTION", "LOAD", Library));
        foreach (var tag in Tags)
        {
            Assert.Equal("+OK", await wire.AskAsync("FCALL", "put", "1", $"{{{tag}}}key", tag));
        }

        Assert.Equal("-ERR Library 'books' already exists", await wire.AskAsync("FUNCTION", "LOAD", Library));
        Assert.Equal("books", await wire.AskAsync("FUNCTION", "LOAD", "REPLACE", Library));
        Assert.Contains("books", await wire.AskAsync("FUNCTION", "LIST"), StringComparison.Ordinal);
        var dump = await wire.AskAsync("FUNCTION", "DUMP");
        Assert.Equal("+OK", await wire.AskAsync("FUNCTION", "DELETE", "books"));
        foreach (var tag in Tags)
        {
            Assert.Equal("-ERR Function not found", await wire.AskAsync("FCALL", "put", "1", $"{{{tag}}}key", tag));
        }

        Assert.Equal("+OK", await wire.AskAsync("FUNCTION", "RESTORE", dump));
        foreach (var tag in Tags)
        {
            Assert.Equal("+OK", await wire.AskAsync("FCALL", "put", "1", $"{{{tag}}}key", tag));
        }
    }

    [Fact]
    public async Task A_busy_script_is_ended_wherever_it_runs()
    {
        await using var wire = await EnterAsync(2);
        await Task.WhenAll(Enumerable.Range(0, Shards).Select(shard => _cluster[shard * 2].AskAsync("CONFIG", "SET", "busy-reply-threshold", "1")));
        await using var busy = await EnterAsync(2);
        await busy.SendAsync("EVAL", "while true do end", "1", "{c}key");
        await Door.EventuallyAsync(async () => (await _cluster[2].AskAsync("PING")).StartsWith("-BUSY", StringComparison.Ordinal), "the script is busy");
        Assert.Equal("+OK", await wire.AskAsync("SCRIPT", "KILL"));
        Assert.StartsWith("-ERR Script killed by user", await busy.ReadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replies_stay_in_their_order_around_a_command_for_all_shards()
    {
        await using var wire = await EnterAsync(2);
        await wire.WriteAsync(
        [
            .. Wire.Encode("SET", "{a}1", "x"), .. Wire.Encode("SCRIPT", "EXISTS", new string('0', 40)), .. Wire.Encode("GET", "{a}1"), .. Wire.Encode("DBSIZE"),
            .. Encoding.ASCII.GetBytes("SCRIPT EXISTS 0 0\r\n"), .. Wire.Encode("CLIENT", "REPLY", "SKIP"), .. Wire.Encode("SCRIPT", "LOAD", Script), .. Wire.Encode("GET", "{b}1"),
        ]);
        Assert.Equal(["+OK", "[:0]", "x", ":1", "[:0, :0]", "(nil)"], await wire.ReadManyAsync(6));
        Assert.Equal("[:1]", await wire.AskAsync("SCRIPT", "EXISTS", Convert.ToHexStringLower(Sha1(Script))));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_client_with_an_engine_connection_of_its_own_is_answered_from_all_shards_too(int protocol)
    {
        await using var wire = await EnterAsync(protocol);
        Assert.StartsWith(":", await wire.AskAsync("CLIENT", "ID"), StringComparison.Ordinal);
        Assert.Equal("+OK", await wire.AskAsync("MSET", "k1", "v1", "k2", "v2", "k3", "v3"));
        Assert.Equal("[v3, (nil), v1, v2, v3]", await wire.AskAsync("MGET", "k3", "nothing", "k1", "k2", "k3"));
        Assert.Equal(":3", await wire.AskAsync("DBSIZE"));
        Assert.Equal("[k1, k2, k3]", $"[{string.Join(", ", (await wire.AskAsync("KEYS", "*")).Trim('[', ']').Split(", ").Order())}]");
        var (seen, cursor) = (new List<string>(), "0");
        do
        {
            var page = (await wire.AskAsync("SCAN", cursor)).Trim('[', ']').Split(", ", 2);
            cursor = page[0];
            seen.AddRange(page[1].Trim('[', ']').Split(", ", StringSplitOptions.RemoveEmptyEntries));
        }
        while (cursor != "0");
        Assert.Equal(["k1", "k2", "k3"], seen.Order());
        Assert.Equal(":2", await wire.AskAsync("DEL", "k1", "k2", "nothing"));
        Assert.StartsWith("-CROSSSLOT", await wire.AskAsync("MSETNX", "{a}1", "x", "{b}1", "y"), StringComparison.Ordinal);
        Assert.Equal("+OK", await wire.AskAsync("FLUSHALL"));
        Assert.Equal(":0", await wire.AskAsync("DBSIZE"));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(20_000)]
    [InlineData(5_000_000)]
    public async Task Large_values_go_to_their_shards(int length)
    {
        await using var wire = await EnterAsync(2);
        var values = Tags.ToDictionary(tag => tag, tag => string.Create(length, tag[0], static (text, seed) =>
        {
            for (var index = 0; index < text.Length; index++)
            {
                text[index] = (char)('a' + ((index + seed) % 23));
            }
        }));
        await wire.WriteAsync([.. Wire.Encode(["MSET", .. Tags.SelectMany(tag => new[] { $"{{{tag}}}large", values[tag] })]), .. Wire.Encode("STRLEN", "{b}large")]);
        Assert.Equal(["+OK", $":{length}"], await wire.ReadManyAsync(2));
        foreach (var tag in Tags)
        {
            Assert.Equal(values[tag], await wire.AskAsync("GET", $"{{{tag}}}large"));
        }

        Assert.Equal($"[{values["c"]}, {values["a"]}, {values["b"]}]", await wire.AskAsync("MGET", "{c}large", "{a}large", "{b}large"));
    }

    [Fact]
    public async Task Thousands_of_keys_are_deleted_at_once()
    {
        const int count = 30_000;
        await using var wire = await EnterAsync(2);
        var keys = Enumerable.Range(0, count).Select(number => string.Create(CultureInfo.InvariantCulture, $"number:{number}")).ToArray();
        Assert.Equal("+OK", await wire.AskAsync(["MSET", .. keys.SelectMany(key => new[] { key, "x" })]));
        Assert.Equal($":{count}", await wire.AskAsync("DBSIZE"));
        Assert.Equal($":{count}", await wire.AskAsync(["EXISTS", .. keys]));
        Assert.Equal(count, (await wire.AskAsync(["MGET", .. keys])).Count(character => character == 'x'));
        Assert.Equal($":{count}", await wire.AskAsync(["DEL", .. keys]));
        Assert.Equal(":0", await wire.AskAsync("DBSIZE"));
    }

    [Fact]
    public async Task A_shard_that_is_held_is_waited_for_and_a_command_under_way_is_waited_for_by_who_holds()
    {
        IGatewayHold hold = _door.Gateway;
        var limit = TimeSpan.FromSeconds(20);
        await using var wire = await EnterAsync(2);
        var large = new string('x', 50_000);
        Assert.True(await hold.HoldShardAsync("dev", 1, HoldReason.Handover, limit, TestContext.Current.CancellationToken));
        await wire.SendAsync("MSET", "{a}held", large, "{b}held", large, "{c}held", large);
        await Door.EventuallyAsync(async () => await _cluster[0].AskAsync("EXISTS", "{b}held") == ":1", "the other shards have their part");
        Assert.Equal(":0", await _cluster[2].AskAsync("EXISTS", "{c}held"));
        hold.ReleaseShard("dev", 1);
        Assert.Equal("+OK", await wire.ReadAsync());
        Assert.Equal(":1", await _cluster[2].AskAsync("EXISTS", "{c}held"));

        await wire.SendAsync("MSET", "{a}held", large, "{b}held", large, "{c}held", large);
        Assert.True(await hold.HoldShardAsync("dev", 1, HoldReason.Handover, limit, TestContext.Current.CancellationToken));
        hold.ReleaseShard("dev", 1);
        Assert.Equal("+OK", await wire.ReadAsync());
    }

    [Fact]
    public async Task Half_a_command_is_executed_on_no_shard()
    {
        await using (var wire = await EnterAsync(2))
        {
            var bytes = Wire.Encode("MSET", "{a}half", new string('x', 50_000), "{b}half", new string('x', 50_000));
            await wire.WriteAsync(bytes[..^10_000]);
            await Door.EventuallyAsync(() => Task.FromResult(_door.Gateway.Snapshot().Caches.Single().AuthenticatedSessions > 0), "the client is there");
        }

        await Door.EventuallyAsync(() => Task.FromResult(_door.Gateway.Snapshot().Caches.Single().Sessions == 0), "the client has left");
        await using var other = await EnterAsync(2);
        Assert.Equal(":0", await other.AskAsync("EXISTS", "{a}half", "{b}half"));
    }

    [Fact]
    public async Task What_is_no_command_in_the_middle_of_a_large_one_is_refused_and_nothing_of_it_executed()
    {
        await using var wire = await EnterAsync(2);
        await wire.SendTextAsync($"*5\r\n$4\r\nMSET\r\n$7\r\n{{a}}half\r\n$50000\r\n{new string('x', 50_000)}\r\n#7\r\n");
        Assert.Equal("-ERR Protocol error: expected '$', got '#'", await wire.ReadAsync());
        Assert.Equal("(closed)", await wire.ReadAsync());
        await using var other = await EnterAsync(2);
        Assert.Equal(":0", await other.AskAsync("EXISTS", "{a}half"));
    }

    [Fact]
    public async Task More_than_there_is_memory_for_is_refused_and_the_client_goes_on()
    {
        await _door.DisposeAsync();
        _door = await ClusterTests.OpenAsync(_cluster, new GatewayOptions { GatherLimitBytes = 1 << 20 });
        await using var wire = await EnterAsync(2);
        var value = new string('x', 400_000);
        foreach (var count in new[] { 3, 1, 3 })
        {
            var answer = await wire.AskAsync(["MSET", .. Enumerable.Range(0, count).SelectMany(number => new[] { $"{{{Tags[number]}}}v", value })]);
            Assert.StartsWith(count == 3 ? "-ERR the gateway has no memory left" : "+OK", answer, StringComparison.Ordinal);
        }

        Assert.Equal("+OK", await wire.AskAsync("SET", "{b}v", value));
        Assert.Equal("+OK", await wire.AskAsync("SET", "{c}v", value));
        Assert.StartsWith("-ERR the gateway has no memory left", await wire.AskAsync("MGET", "{a}v", "{b}v", "{c}v"), StringComparison.Ordinal);
        Assert.Equal(":400000", await wire.AskAsync("STRLEN", "{a}v"));
        Assert.Equal("+OK", await wire.AskAsync("MSET", "{a}v", "1", "{b}v", new string('x', 300_000)));
    }

    private Task<Wire> EnterAsync(int protocol) => _door.EnterAsync(protocol);

#pragma warning disable CA5350 // Redis names scripts so.
    private static byte[] Sha1(string text) => System.Security.Cryptography.SHA1.HashData(Encoding.ASCII.GetBytes(text));
#pragma warning restore CA5350
}
