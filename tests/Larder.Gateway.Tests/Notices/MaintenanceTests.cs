using System.Globalization;
using Larder.Gateway.Tests.Harness;
using Larder.Model.Routing;

namespace Larder.Gateway.Tests.Notices;

/// <summary><c>CLIENT MAINT_NOTIFICATIONS</c>: who gets the pushes, and that they are never inside a reply.</summary>
public sealed class MaintenanceTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private RedisProcess _one = null!;
    private RedisProcess _two = null!;
    private Door _door = null!;

    public async ValueTask InitializeAsync()
    {
        (_one, _two) = (await RedisProcess.StartAsync(), await RedisProcess.StartAsync());
        _door = await Door.OpenAsync(_one);
    }

    public async ValueTask DisposeAsync()
    {
        await _door.DisposeAsync();
        await _one.DisposeAsync();
        await _two.DisposeAsync();
    }

    [Fact]
    public async Task A_handover_is_told_before_and_after_with_rising_numbers()
    {
        await using var wire = await EnterAsync();
        await using var other = await _door.EnterAsync();
        await other.AskAsync("HELLO", "3");
        await HandOverAsync(2, _two);
        var first = await wire.ReadManyAsync(2);
        var (opened, closed) = (Number(first[0]), Number(first[1]));
        Assert.Equal($">[FAILING_OVER, :{opened}, :5, [\"0\"]]", first[0]);
        Assert.Equal($">[FAILED_OVER, :{closed}, [\"0\"]]", first[1]);
        await HandOverAsync(3, _one);
        var second = await wire.ReadManyAsync(2);
        Assert.True(opened < closed && closed < Number(second[0]) && Number(second[0]) < Number(second[1]), string.Join(' ', [.. first, .. second]));
        Assert.Equal("+PONG", await wire.AskAsync("PING"));
        Assert.Equal("+PONG", await other.AskAsync("PING")); // who did not ask is not told
    }

    [Fact]
    public async Task A_handover_that_is_undone_is_told_to_be_over()
    {
        await using var wire = await EnterAsync();
        Assert.True(await HoldAsync());
        _door.Gateway.Release("dev");
        Assert.Equal(["FAILING_OVER", "FAILED_OVER"], (await wire.ReadManyAsync(2)).Select(Kind));
        Assert.Equal("+PONG", await wire.AskAsync("PING"));
    }

    [Fact]
    public async Task A_hold_that_changes_no_primary_is_nobodys_business()
    {
        await using var wire = await EnterAsync();
        Assert.True(await _door.Gateway.HoldAsync("dev", HoldReason.ReplicaAttached, Limit, TestContext.Current.CancellationToken));
        _door.Gateway.Release("dev");
        Assert.Equal("+PONG", await wire.AskAsync("PING"));
        await HandOverAsync(2, _two);
        Assert.Equal(["FAILING_OVER", "FAILED_OVER"], (await wire.ReadManyAsync(2)).Select(Kind));
    }

    [Fact]
    public async Task An_unplanned_change_is_told_when_the_primary_is_lost_and_when_there_is_another()
    {
        await using var wire = await EnterAsync();
        _one.Stop();
        _door.Change("dev", route => route with { Primary = null });
        Assert.Equal("FAILING_OVER", Kind(await wire.ReadAsync()));
        _door.Change("dev", route => route with { Primary = _door.Primary(_two, 2) });
        Assert.Equal("FAILED_OVER", Kind(await wire.ReadAsync()));
        Assert.Equal("+PONG", await wire.AskAsync("PING"));
    }

    [Fact]
    public async Task The_protocol_at_its_turn_decides_not_the_one_when_it_was_sent()
    {
        await using var wire = await _door.EnterAsync();
        await wire.WriteAsync([.. Wire.Encode("CLIENT", "MAINT_NOTIFICATIONS", "ON"), .. Wire.Encode("HELLO", "3"), .. Wire.Encode("CLIENT", "MAINT_NOTIFICATIONS", "ON")]);
        var replies = await wire.ReadManyAsync(3);
        Assert.StartsWith("-ERR CLIENT MAINT_NOTIFICATIONS ON needs RESP3", replies[0], StringComparison.Ordinal);
        Assert.Equal("+OK", replies[2]);
    }

    [Theory]
    [InlineData("+OK", "ON")]
    [InlineData("+OK", "on", "Moving-Endpoint-Type", "NONE")]
    [InlineData("+OK", "ON", "moving-endpoint-type", "internal-ip")]
    [InlineData("+OK", "ON", "moving-endpoint-type", "internal-fqdn")]
    [InlineData("+OK", "ON", "moving-endpoint-type", "external-ip")]
    [InlineData("+OK", "ON", "moving-endpoint-type", "external-fqdn")]
    [InlineData("+OK", "OFF")]
    [InlineData("-ERR moving-endpoint-type must be one of internal-ip, internal-fqdn, external-ip, external-fqdn and none", "ON", "moving-endpoint-type", "x")]
    [InlineData("-ERR syntax error: expected CLIENT MAINT_NOTIFICATIONS ON [moving-endpoint-type TYPE] or OFF", "ON", "moving-endpoint-type")]
    [InlineData("-ERR syntax error: expected CLIENT MAINT_NOTIFICATIONS ON [moving-endpoint-type TYPE] or OFF", "ON", "other", "none")]
    [InlineData("-ERR syntax error: expected CLIENT MAINT_NOTIFICATIONS ON [moving-endpoint-type TYPE] or OFF", "OFF", "moving-endpoint-type", "none")]
    [InlineData("-ERR syntax error: expected CLIENT MAINT_NOTIFICATIONS ON [moving-endpoint-type TYPE] or OFF", "MAYBE")]
    [InlineData("-ERR syntax error: expected CLIENT MAINT_NOTIFICATIONS ON [moving-endpoint-type TYPE] or OFF")]
    public async Task What_is_given_is_checked(string reply, params string[] arguments)
    {
        await using var wire = await _door.EnterAsync();
        await wire.AskAsync("HELLO", "3");
        Assert.Equal(reply, await wire.AskAsync(["CLIENT", "MAINT_NOTIFICATIONS", .. arguments]));
        Assert.Equal("+PONG", await wire.AskAsync("PING"));
    }

    [Theory]
    [InlineData("OFF")]
    [InlineData("HELLO")]
    [InlineData("RESET")]
    public async Task It_can_be_turned_off(string how)
    {
        await using var wire = await EnterAsync();
        switch (how)
        {
            case "OFF":
                Assert.Equal("+OK", await wire.AskAsync("CLIENT", "MAINT_NOTIFICATIONS", "OFF"));
                break;
            case "HELLO":
                await wire.AskAsync("HELLO", "2");
                await wire.AskAsync("HELLO", "3");
                break;
            default:
                Assert.Equal("+RESET", await wire.AskAsync("RESET"));
                Assert.StartsWith("%[", await wire.AskAsync("HELLO", "3", "AUTH", "default", Door.Key), StringComparison.Ordinal);
                break;
        }

        await using var witness = await EnterAsync();
        await HandOverAsync(2, _two);
        Assert.Equal(["FAILING_OVER", "FAILED_OVER"], (await witness.ReadManyAsync(2)).Select(Kind));
        Assert.Equal("+PONG", await wire.AskAsync("PING"));
    }

    [Fact]
    public async Task In_a_transaction_it_is_refused_and_spoils_the_transaction_wherever_that_is()
    {
        await using var wire = await EnterAsync();
        await wire.AskAsync("MULTI");
        Assert.Equal("-ERR Command not allowed inside a transaction", await wire.AskAsync("CLIENT", "MAINT_NOTIFICATIONS", "OFF"));
        await HandOverAsync(2, _two);
        Assert.Equal(["FAILING_OVER", "FAILED_OVER"], (await wire.ReadManyAsync(2)).Select(Kind));
        Assert.StartsWith("-EXECABORT", await wire.AskAsync("EXEC"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Waiting_queued_and_subscribed_clients_are_told_too()
    {
        await using var blocked = await EnterAsync();
        await blocked.SendAsync("BLPOP", "q", "0");
        await using var queued = await EnterAsync();
        await queued.AskAsync("MULTI");
        await queued.AskAsync("INCR", "n");
        await using var subscribed = await EnterAsync();
        await subscribed.AskAsync("SUBSCRIBE", "c");
        await using var silent = await EnterAsync();
        await silent.SendAsync("CLIENT", "REPLY", "OFF");
        await Door.EventuallyAsync(async () => (await _one.AskAsync("INFO", "clients")).Contains("blocked_clients:1", StringComparison.Ordinal), "blocked");
        await HandOverAsync(2, _two);
        foreach (var wire in new[] { blocked, queued, subscribed })
        {
            Assert.Equal(["FAILING_OVER", "FAILED_OVER"], (await wire.ReadManyAsync(2)).Select(Kind));
        }

        await _two.AskAsync("RPUSH", "q", "element");
        Assert.Equal("[q, element]", await blocked.ReadAsync());
        Assert.Equal("[:1]", await queued.AskAsync("EXEC"));
        await _two.AskAsync("PUBLISH", "c", "hello");
        Assert.Equal(">[message, c, hello]", await subscribed.ReadAsync());
    }

    /// <summary>The bytes of large replies are cut anywhere by sockets; the pushes must be at their ends.</summary>
    [Fact]
    public async Task Pushes_stand_between_the_replies_of_pipelines_and_never_in_one()
    {
        await using var wire = await EnterAsync();
        var large = new string('v', 300_000);
        foreach (var redis in new[] { _one, _two })
        {
            await redis.AskAsync("SET", "large", large);
        }

        var pushes = 0;
        var told = new List<string>();
        for (var round = 2; round < 12; round++)
        {
            for (var i = 0; i < 30; i++)
            {
                await wire.SendAsync("GET", "large");
                await wire.SendAsync("ECHO", $"{round}:{i}");
            }

            var handover = HandOverAsync(round, round % 2 == 0 ? _two : _one);
            for (var i = 0; i < 30;)
            {
                var reply = await wire.ReadAsync();
                if (reply.StartsWith(">[FAIL", StringComparison.Ordinal))
                {
                    pushes++;
                    told.Add($"{round}:{i} {reply}");
                    continue;
                }

                Assert.True(large == reply, $"a reply of {reply.Length} bytes: {reply[..Math.Min(40, reply.Length)]}");
                var echo = await wire.ReadAsync();
                while (echo.StartsWith(">[FAIL", StringComparison.Ordinal))
                {
                    pushes++;
                    told.Add($"{round}:{i}e {echo}");
                    echo = await wire.ReadAsync();
                }

                Assert.Equal($"{round}:{i++}", echo);
            }

            await handover;
        }

        // The last push may come just behind a reply that was under way.
        await wire.SendAsync("PING");
        for (var answered = false; pushes < 20 || !answered;)
        {
            string reply;
            try
            {
                reply = await wire.ReadAsync();
            }
            catch (OperationCanceledException)
            {
                throw new InvalidOperationException(string.Join("\n", told));
            }

            told.Add("end " + reply);
            answered |= reply == "+PONG";
            pushes += reply.StartsWith(">[FAIL", StringComparison.Ordinal) ? 1 : 0;
            Assert.True(reply == "+PONG" || reply.StartsWith(">[FAIL", StringComparison.Ordinal), reply);
        }

        await wire.SendAsync("ECHO", "the end");
        Assert.Equal("the end", await wire.ReadAsync());
    }

    [Fact]
    public async Task A_client_that_takes_nothing_holds_nobody_up_and_finds_the_latest_pushes_when_it_reads()
    {
        await using var slow = await EnterAsync();
        await using var witness = await EnterAsync();
        await _one.AskAsync("SET", "large", new string('v', 1_000_000));
        for (var i = 0; i < 24; i++)
        {
            await slow.SendAsync("GET", "large");
        }

        await Door.EventuallyAsync(() => Task.FromResult(_door.Gateway.Snapshot().Caches.Single().BusySessions == 1), "replies are under way");
        for (var round = 0; round < 20; round++)
        {
            await _door.Gateway.HoldAsync("dev", HoldReason.Handover, TimeSpan.Zero, TestContext.Current.CancellationToken);
            _door.Gateway.Release("dev");
            Assert.Equal(["FAILING_OVER", "FAILED_OVER"], (await witness.ReadManyAsync(2)).Select(Kind));
        }

        var (replies, pushes) = (0, new List<long>());
        while (replies < 24 || pushes.Count < 16)
        {
            var reply = await slow.ReadAsync();
            if (reply.StartsWith('>'))
            {
                pushes.Add(Number(reply));
            }
            else
            {
                Assert.Equal(1_000_000, reply.Length);
                replies++;
            }
        }

        Assert.Equal(pushes.Order(), pushes);
    }

    private async Task<Wire> EnterAsync()
    {
        var wire = await _door.EnterAsync();
        await wire.AskAsync("HELLO", "3");
        Assert.Equal("+OK", await wire.AskAsync("CLIENT", "MAINT_NOTIFICATIONS", "ON", "moving-endpoint-type", "none"));
        return wire;
    }

    private Task<bool> HoldAsync() => _door.Gateway.HoldAsync("dev", HoldReason.Handover, Limit, TestContext.Current.CancellationToken);

    private async Task HandOverAsync(long epoch, RedisProcess next)
    {
        Assert.True(await HoldAsync());
        _door.Change("dev", route => route with { Primary = _door.Primary(next, epoch) });
        Assert.True(await _door.Gateway.FollowAsync("dev", epoch, Limit, TestContext.Current.CancellationToken));
        _door.Gateway.Release("dev");
    }

    private static string Kind(string push) => push.TrimStart('>', '[').Split(',')[0];

    private static long Number(string push) => long.Parse(push.Split(", ")[1].TrimStart(':'), CultureInfo.InvariantCulture);
}
