using System.Globalization;
using System.Net.Security;
using Larder.Gateway.Tests.Harness;

namespace Larder.Gateway.Tests;

/// <summary>What an authenticated client does is what it would have done to the engine itself, but for what is blocked.</summary>
public sealed class RelayTests : IAsyncLifetime
{
    private RedisProcess _redis = null!;
    private Door _door = null!;

    public async ValueTask InitializeAsync()
    {
        _redis = await RedisProcess.StartAsync();
        _door = await Door.OpenAsync(_redis);
    }

    public async ValueTask DisposeAsync()
    {
        await _door.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task A_long_pipeline_with_blocked_commands_is_answered_in_order()
    {
        await using var wire = await _door.EnterAsync();
        var bytes = new MemoryStream();
        for (var i = 0; i < 1000; i++)
        {
            bytes.Write(i % 10 == 3 ? Wire.Encode("CONFIG", "GET", $"x{i}") : Wire.Encode("ECHO", $"{i}"));
        }

        await wire.WriteAsync(bytes.ToArray());
        var replies = await wire.ReadManyAsync(1000);
        for (var i = 0; i < 1000; i++)
        {
            Assert.Equal(i % 10 == 3 ? $"-ERR unknown command 'CONFIG', with args beginning with: 'GET' 'x{i}' " : $"{i}", replies[i]);
        }
    }

    [Theory]
    [InlineData("ACL WHOAMI")]
    [InlineData("BGREWRITEAOF")]
    [InlineData("BGSAVE")]
    [InlineData("CONFIG GET maxmemory")]
    [InlineData("DEBUG JMAP")]
    [InlineData("MIGRATE h 1 k 0 1")]
    [InlineData("SAVE")]
    [InlineData("SHUTDOWN")]
    [InlineData("SLAVEOF NO ONE")]
    [InlineData("replicaof no one")]
    [InlineData("SYNC")]
    [InlineData("PSYNC ? -1")]
    [InlineData("CLUSTER RESET")]
    public async Task A_blocked_command_is_unknown_and_spoils_a_transaction(string command)
    {
        await using var wire = await _door.EnterAsync();
        var words = command.Split(' ');
        var unknown = $"-ERR unknown command '{words[0]}', with args beginning with: {string.Concat(words.Skip(1).Select(word => $"'{word}' "))}";
        Assert.Equal(unknown, await wire.AskAsync(words));
        Assert.Equal("+OK", await wire.AskAsync("MULTI"));
        Assert.Equal(unknown, await wire.AskAsync(words));
        Assert.StartsWith("-EXECABORT", await wire.AskAsync("EXEC"), StringComparison.Ordinal);
        Assert.Equal("+PONG", await wire.AskAsync("PING"));
    }

    [Fact]
    public async Task Transactions_work_and_a_watched_key_that_changed_fails_them()
    {
        await using var wire = await _door.EnterAsync();
        await using var other = await _door.EnterAsync();
        await wire.AskAsync("WATCH", "w");
        await other.AskAsync("SET", "w", "1");
        await wire.AskAsync("MULTI");
        Assert.Equal("+QUEUED", await wire.AskAsync("GET", "w"));
        Assert.Equal("(nil)", await wire.AskAsync("EXEC"));
        await wire.AskAsync("MULTI");
        await wire.AskAsync("INCR", "n");
        await wire.AskAsync("INCR", "n");
        Assert.Equal("[:1, :2]", await wire.AskAsync("EXEC"));
    }

    [Theory]
    [InlineData("2")]
    [InlineData("3")]
    public async Task Subscribers_get_their_messages_among_their_replies(string protocol)
    {
        await using var wire = await _door.EnterAsync();
        await using var publisher = await _door.EnterAsync();
        await wire.AskAsync("HELLO", protocol);
        var push = protocol == "3" ? ">" : "";
        await wire.SendAsync("SUBSCRIBE", "a", "b");
        Assert.Equal([$"{push}[subscribe, a, :1]", $"{push}[subscribe, b, :2]"], await wire.ReadManyAsync(2));
        await wire.SendAsync("PSUBSCRIBE", "p*");
        Assert.Equal($"{push}[psubscribe, p*, :3]", await wire.ReadAsync());
        Assert.Equal(":1", await publisher.AskAsync("PUBLISH", "a", "one"));
        Assert.Equal($"{push}[message, a, one]", await wire.ReadAsync());
        Assert.Equal(":1", await publisher.AskAsync("PUBLISH", "px", "two"));
        Assert.Equal($"{push}[pmessage, p*, px, two]", await wire.ReadAsync());
        await wire.SendAsync("CONFIG", "GET", "x");
        Assert.Equal("-ERR unknown command 'CONFIG', with args beginning with: 'GET' 'x' ", await wire.ReadAsync());
        await wire.SendAsync("UNSUBSCRIBE");
        var ended = await wire.ReadManyAsync(2);
        Assert.All(ended, reply => Assert.StartsWith($"{push}[unsubscribe, ", reply, StringComparison.Ordinal));
        await wire.SendAsync("PUNSUBSCRIBE");
        Assert.Equal($"{push}[punsubscribe, p*, :0]", await wire.ReadAsync());
        Assert.Equal("(nil)", await wire.AskAsync("GET", "nothing"));
    }

    [Fact]
    public async Task A_blocked_client_gets_its_element_and_what_it_sent_behind()
    {
        await using var wire = await _door.EnterAsync();
        await using var other = await _door.EnterAsync();
        await wire.WriteAsync([.. Wire.Encode("BLPOP", "q", "0"), .. Wire.Encode("ECHO", "behind"), .. Wire.Encode("CONFIG", "GET", "x")]);
        await Door.EventuallyAsync(async () => (await _redis.AskAsync("INFO", "clients")).Contains("blocked_clients:1", StringComparison.Ordinal), "blocked");
        await other.AskAsync("RPUSH", "q", "element");
        Assert.Equal("[q, element]", await wire.ReadAsync());
        Assert.Equal("behind", await wire.ReadAsync());
        Assert.StartsWith("-ERR unknown command", await wire.ReadAsync(), StringComparison.Ordinal);
        Assert.Equal("(nil)", await wire.AskAsync("BLPOP", "q", "0.05"));
        Assert.StartsWith("-ERR timeout", await wire.AskAsync("BLPOP", "q", "never"), StringComparison.Ordinal);
        await wire.AskAsync("SET", "text", "x");
        Assert.StartsWith("-WRONGTYPE", await wire.AskAsync("BLPOP", "text", "1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_engine_forgets_a_blocked_client_that_is_gone()
    {
        var wire = await _door.EnterAsync();
        await wire.SendAsync("BLPOP", "q", "0");
        await Door.EventuallyAsync(async () => (await _redis.AskAsync("INFO", "clients")).Contains("blocked_clients:1", StringComparison.Ordinal), "blocked");
        await wire.DisposeAsync();
        await Door.EventuallyAsync(async () => (await _redis.AskAsync("INFO", "clients")).Contains("blocked_clients:0", StringComparison.Ordinal), "gone");
    }

    [Fact]
    public async Task A_client_unblocked_by_another_sees_the_engines_error()
    {
        await using var wire = await _door.EnterAsync();
        await using var other = await _door.EnterAsync();
        var id = await wire.AskAsync("CLIENT", "ID");
        await wire.SendAsync("BLPOP", "q", "0");
        await Door.EventuallyAsync(async () => (await _redis.AskAsync("INFO", "clients")).Contains("blocked_clients:1", StringComparison.Ordinal), "blocked");
        Assert.Equal(":1", await other.AskAsync("CLIENT", "UNBLOCK", id[1..], "ERROR"));
        Assert.Equal("-UNBLOCKED client unblocked via CLIENT UNBLOCK", await wire.ReadAsync());
        Assert.Equal("+PONG", await wire.AskAsync("PING"));
    }

    [Fact]
    public async Task A_large_value_goes_both_ways()
    {
        await using var wire = await _door.EnterAsync();
        var value = string.Create(48 << 20, 0, (span, _) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = (char)('a' + (i % 23));
            }
        });
        Assert.Equal("+OK", await wire.AskAsync("SET", "large", value));
        Assert.Equal(value, await wire.AskAsync("GET", "large"));
        Assert.Equal("+PONG", await wire.AskAsync("PING"));
    }

    [Fact]
    public async Task A_client_that_never_reads_does_not_stop_others()
    {
        await using var greedy = await _door.EnterAsync();
        await using var other = await _door.EnterAsync();
        await other.AskAsync("SET", "v", new string('x', 100_000));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < 400; i++)
        {
            await greedy.SendAsync("GET", "v");
        }

        for (var i = 0; i < 200; i++)
        {
            Assert.Equal($"{i}", await other.AskAsync("ECHO", $"{i}"));
        }

        Assert.True(GC.GetTotalMemory(forceFullCollection: true) - before < 8 << 20, "Forty megabytes of unread replies must not lie in the gateway.");
        Assert.Equal(100_000, (await greedy.ReadAsync()).Length);
    }

    [Fact]
    public async Task Replies_can_be_switched_off_and_on()
    {
        await using var wire = await _door.EnterAsync();
        await wire.SendAsync("CLIENT", "REPLY", "OFF");
        await wire.SendAsync("SET", "a", "1");
        await wire.SendAsync("CONFIG", "GET", "x");
        Assert.Equal("+OK", await wire.AskAsync("CLIENT", "REPLY", "ON"));
        await wire.SendAsync("CLIENT", "REPLY", "SKIP");
        await wire.SendAsync("SET", "a", "2");
        Assert.Equal("2", await wire.AskAsync("GET", "a"));
    }

    [Fact]
    public async Task Databases_scripts_and_monitor_work()
    {
        await using var wire = await _door.EnterAsync();
        Assert.Equal("+OK", await wire.AskAsync("SELECT", "3"));
        await wire.AskAsync("SET", "only", "here");
        Assert.Equal(":1", await wire.AskAsync("EVAL", "return redis.call('EXISTS', KEYS[1])", "1", "only"));
        await using var monitor = await _door.EnterAsync();
        Assert.Equal("+OK", await monitor.AskAsync("MONITOR"));
        await wire.AskAsync("ECHO", "seen");
        Assert.Contains("seen", await monitor.ReadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_monitor_that_resets_is_nobody_and_hears_nothing_more()
    {
        // As installations have it: who is nobody may do nothing.
        await using var redis = await RedisProcess.StartAsync("user default off\n");
        await using var door = await Door.OpenAsync(redis);
        await using var wire = await door.EnterAsync();
        await using var monitor = await door.EnterAsync();
        Assert.Equal("+OK", await monitor.AskAsync("MONITOR"));
        await wire.AskAsync("ECHO", "before");
        Assert.EndsWith("\"ECHO\" \"before\"", await monitor.ReadAsync(), StringComparison.Ordinal);
        await monitor.SendAsync("RESET");
        string answer;
        do
        {
            answer = await monitor.ReadAsync();
        }
        while (answer.Contains("gateway", StringComparison.Ordinal) || answer.Contains("[0 ", StringComparison.Ordinal));
        Assert.Equal("+RESET", answer);
        Assert.Equal("after", await wire.AskAsync("ECHO", "after"));
        Assert.StartsWith("-NOAUTH", await monitor.AskAsync("GET", "a"), StringComparison.Ordinal);
        Assert.StartsWith("-NOAUTH", await monitor.AskAsync("MONITOR"), StringComparison.Ordinal);
        Assert.StartsWith("-WRONGPASS", await monitor.AskAsync("AUTH", Door.Key), StringComparison.Ordinal);
        Assert.Equal("+OK", await wire.AskAsync("SET", "a", "1"));
    }

    [Fact]
    public async Task A_client_that_quits_gets_the_replies_before_and_the_end()
    {
        await using var wire = await _door.EnterAsync();
        for (var i = 0; i < 100; i++)
        {
            await wire.SendAsync("ECHO", $"{i}");
        }

        await wire.SendAsync("QUIT");
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i}"), await wire.ReadManyAsync(100));
        Assert.Equal("+OK", await wire.ReadAsync());
        Assert.Equal("(closed)", await wire.ReadAsync());
    }

    [Theory]
    [InlineData("OFF")]
    [InlineData("SKIP")]
    public async Task A_client_that_quits_without_replies_is_closed_all_the_same(string mode)
    {
        await using var wire = await _door.EnterAsync();
        await wire.SendAsync("CLIENT", "REPLY", mode);
        await wire.SendAsync("QUIT");
        Assert.Equal("(closed)", await wire.ReadAsync());
    }

    [Fact]
    public async Task A_half_closed_client_gets_all_its_replies_however_large()
    {
        await using var wire = await _door.EnterAsync();
        await wire.AskAsync("SET", "v", new string('x', 1_000_000));
        await wire.WriteAsync([.. Enumerable.Range(0, 20).SelectMany(_ => Wire.Encode("GET", "v")), .. Wire.Encode("ECHO", "last")]);
        await ((SslStream)wire.Stream).ShutdownAsync();
        Assert.All(await wire.ReadManyAsync(20), reply => Assert.Equal(1_000_000, reply.Length));
        Assert.Equal("last", await wire.ReadAsync());
        Assert.Equal("(closed)", await wire.ReadAsync());
    }

    [Fact]
    public async Task What_a_client_did_not_send_whole_is_not_executed()
    {
        await using var other = await _door.EnterAsync();
        var bytes = Wire.Encode("SET", "half", new string('x', 1 << 20));
        var wire = await _door.EnterAsync();
        await wire.WriteAsync([.. Wire.Encode("SET", "whole", "1"), .. bytes[..^100]]);
        Assert.Equal("+OK", await wire.ReadAsync());
        await wire.DisposeAsync();
        await Door.EventuallyAsync(() => Task.FromResult(_door.Gateway.Snapshot().Caches[0].Sessions == 1), "gone");
        Assert.Equal("(nil)", await other.AskAsync("GET", "half"));
        Assert.Equal("1", await other.AskAsync("GET", "whole"));
    }

    [Theory]
    [InlineData("*-5\r\n+\r\n")]
    [InlineData("*1\r\n:4\r\n")]
    [InlineData("*1\r\n$x\r\n")]
    [InlineData("*99999999999\r\n")]
    [InlineData("*2\r\n$3\r\nGET\r\n$-1\r\n")]
    [InlineData("*2\r\n$3\r\nGET\r\n$9999999999\r\n")]
    [InlineData("SET \"unbalanced\r\n")]
    [InlineData("PING\r\nECHO 'a b'\r\nSET 'x\r\n")]
    [InlineData("\r\n\r\nPING\r\n*0\r\n*1\r\n$4\r\nPING\r\n")]
    [InlineData("ECHO \"\\x41\\n\"\r\nQUIT\r\n")]
    public async Task Bytes_that_are_no_requests_get_what_redis_says(string bytes)
    {
        await using var direct = await _redis.ConnectAsync();
        await using var through = await _door.EnterAsync();
        await direct.SendTextAsync(bytes + "*1\r\n$4\r\nQUIT\r\n");
        await through.SendTextAsync(bytes + "*1\r\n$4\r\nQUIT\r\n");
        string expected;
        do
        {
            expected = await direct.ReadAsync();
            Assert.Equal(expected, await through.ReadAsync());
        }
        while (expected != "(closed)");
    }

    [Fact]
    public async Task Random_commands_and_garbage_never_give_one_clients_reply_to_another()
    {
        var random = new Random(4711);
        var clients = new List<Wire>();
        for (var i = 0; i < 8; i++)
        {
            clients.Add(await _door.EnterAsync());
        }

        for (var round = 0; round < 150; round++)
        {
            var index = random.Next(clients.Count);
            var tag = string.Create(CultureInfo.InvariantCulture, $"client-{index}-{round}");
            switch (random.Next(4))
            {
                case 0:
                    var garbage = new byte[random.Next(1, 200)];
                    random.NextBytes(garbage);
                    await using (var stranger = await _door.EnterAsync())
                    {
                        await stranger.WriteAsync(garbage);
                    }

                    break;
                case 1:
                    var bytes = Wire.Encode("ECHO", tag);
                    var split = random.Next(1, bytes.Length);
                    await clients[index].WriteAsync(bytes[..split]);
                    await clients[index].WriteAsync(bytes[split..]);
                    Assert.Equal(tag, await clients[index].ReadAsync());
                    break;
                case 2:
                    await clients[index].WriteAsync([.. Wire.Encode("SET", "k", tag), .. Wire.Encode("SAVE"), .. Wire.Encode("ECHO", tag)]);
                    Assert.Equal("+OK", await clients[index].ReadAsync());
                    Assert.StartsWith("-ERR unknown command 'SAVE'", await clients[index].ReadAsync(), StringComparison.Ordinal);
                    Assert.Equal(tag, await clients[index].ReadAsync());
                    break;
                default:
                    await clients[index].SendTextAsync($"ECHO {tag}\r\n");
                    Assert.Equal(tag, await clients[index].ReadAsync());
                    break;
            }
        }

        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }
    }
}
