using System.Globalization;
using Larder.Gateway.Tests.Harness;
using Larder.Model.Specs;

namespace Larder.Gateway.Tests;

/// <summary>
/// Slots that move while clients that know nothing of shards are in the middle of something: each thing is done once at the right shard, or refused with nothing done.
/// The gateway's route stays behind all the time.
/// </summary>
public sealed class MovingSlotTests(ClusterTests.Formed formed) : IClassFixture<ClusterTests.Formed>, IAsyncLifetime
{
    private const int Source = 0;
    private const int Target = 2;
    private static int s_tag;

    private RedisCluster _cluster = null!;
    private Door _door = null!;
    private Wire _wire = null!;
    private string _tag = "";
    private string _slot = "";

    private string One => $"{{{_tag}}}1";

    private string Two => $"{{{_tag}}}2";

    public async ValueTask InitializeAsync()
    {
        _cluster = formed.Cluster;
        _door = await ClusterTests.OpenAsync(_cluster, null);
        _wire = await _door.EnterAsync();
        do
        {
            _tag = $"t{Interlocked.Increment(ref s_tag)}";
            _slot = (await _cluster[Source].AskAsync("CLUSTER", "KEYSLOT", _tag))[1..];
        }
        while (!RedisCluster.SlotsOf(0, 3).Contains(int.Parse(_slot, CultureInfo.InvariantCulture)));
    }

    public async ValueTask DisposeAsync()
    {
        await _wire.DisposeAsync();
        await _door.DisposeAsync();
    }

    [Fact]
    public async Task A_transaction_whose_commands_are_refused_is_done_at_the_new_shard()
    {
        await BeginAsync();
        Assert.Equal("+OK", await _wire.AskAsync("MULTI"));
        Assert.Equal("+QUEUED", await _wire.AskAsync("INCR", One));
        Assert.Equal("+QUEUED", await _wire.AskAsync("INCR", One));
        Assert.Equal("[:1, :2]", await _wire.AskAsync("EXEC"));
        await EndAsync();
        Assert.Equal("2", await _wire.AskAsync("GET", One));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_transaction_whose_slot_moves_before_exec_is_done_once(bool pipelined)
    {
        Assert.Equal("+OK", await _wire.AskAsync("SET", One, "5"));
        Assert.Equal("+OK", await _wire.AskAsync("MULTI"));
        Assert.Equal("+QUEUED", await _wire.AskAsync("INCR", One));
        Assert.Equal("+QUEUED", await _wire.AskAsync("INCR", Two));
        await BeginAsync();
        await MoveAsync(One);
        await EndAsync();
        await _wire.WriteAsync(pipelined ? [.. Wire.Encode("EXEC"), .. Wire.Encode("GET", One), .. Wire.Encode("ECHO", "last")] : Wire.Encode("EXEC"));
        Assert.Equal("[:6, :1]", await _wire.ReadAsync());
        Assert.Equal("6", pipelined ? await _wire.ReadAsync() : await _wire.AskAsync("GET", One));
        Assert.Equal("last", pipelined ? await _wire.ReadAsync() : await _wire.AskAsync("ECHO", "last"));
    }

    [Fact]
    public async Task A_transaction_of_keys_of_which_one_has_moved_waits_until_the_other_has()
    {
        await SetBothAsync();
        await BeginAsync();
        await MoveAsync(One);
        await _wire.WriteAsync([.. Wire.Encode("MULTI"), .. Wire.Encode("MGET", One, Two), .. Wire.Encode("INCR", One), .. Wire.Encode("EXEC")]);
        Assert.Equal(["+OK", "+QUEUED", "+QUEUED"], await _wire.ReadManyAsync(3));
        var answer = _wire.ReadAsync();
        await Door.EventuallyAsync(() => Task.FromResult(_door.Gateway.Snapshot().Totals.Repeated > 3), "it was given again");
        Assert.False(answer.IsCompleted);
        await MoveAsync(Two);
        Assert.Equal("[[1, 2], :2]", await answer);
        await EndAsync();
        Assert.Equal("2", await _wire.AskAsync("GET", One));
    }

    [Fact]
    public async Task A_transaction_that_waits_too_long_is_refused_and_not_done()
    {
        _door.Change("dev", route => route with { Failover = new FailoverSpec { HoldMs = 300 } });
        await SetBothAsync();
        await BeginAsync();
        await MoveAsync(One);
        await _wire.WriteAsync([.. Wire.Encode("MULTI"), .. Wire.Encode("MGET", One, Two), .. Wire.Encode("INCR", One), .. Wire.Encode("EXEC")]);
        Assert.Equal(["+OK", "+QUEUED", "+QUEUED"], await _wire.ReadManyAsync(3));
        Assert.StartsWith("-TRYAGAIN", await _wire.ReadAsync(), StringComparison.Ordinal);
        await MoveAsync(Two);
        await EndAsync();
        Assert.Equal("[1, 2]", await _wire.AskAsync("MGET", One, Two));
    }

    [Fact]
    public async Task Watched_keys_that_have_moved_end_the_transaction_as_if_they_had_changed()
    {
        await SetBothAsync();
        Assert.Equal("+OK", await _wire.AskAsync("WATCH", One));
        Assert.Equal("+OK", await _wire.AskAsync("MULTI"));
        Assert.Equal("+QUEUED", await _wire.AskAsync("INCR", One));
        await BeginAsync();
        await MoveAsync(One);
        await MoveAsync(Two);
        await EndAsync();
        Assert.Equal("(nil)", await _wire.AskAsync("EXEC"));
        Assert.Equal("1", await _wire.AskAsync("GET", One));
    }

    [Fact]
    public async Task A_transaction_that_is_wrong_itself_is_refused_in_the_engines_words()
    {
        await BeginAsync();
        Assert.Equal("+OK", await _wire.AskAsync("MULTI"));
        Assert.Equal("+QUEUED", await _wire.AskAsync("INCR", One));
        Assert.Equal("-ERR wrong number of arguments for 'get' command", await _wire.AskAsync("GET"));
        Assert.StartsWith("-EXECABORT", await _wire.AskAsync("EXEC"), StringComparison.Ordinal);
        await EndAsync();
        Assert.Equal("(nil)", await _wire.AskAsync("GET", One));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_script_of_keys_of_which_one_has_moved_waits_and_is_done_once(bool pinned)
    {
        if (pinned)
        {
            await _wire.AskAsync("CLIENT", "ID");
        }

        await SetBothAsync();
        await BeginAsync();
        await MoveAsync(One);
        var repeated = _door.Gateway.Snapshot().Totals.Repeated;
        await _wire.SendAsync("EVAL", "return {redis.call('INCR', KEYS[1]), redis.call('INCR', KEYS[2])}", "2", One, Two);
        await Door.EventuallyAsync(() => Task.FromResult(_door.Gateway.Snapshot().Totals.Repeated > repeated), "it was given again");
        await MoveAsync(Two);
        Assert.Equal("[:2, :3]", await _wire.ReadAsync());
        Assert.Equal("[:3, :4]", await _wire.AskAsync("EVAL", "return {redis.call('INCR', KEYS[1]), redis.call('INCR', KEYS[2])}", "2", One, Two));
        await EndAsync();
        Assert.Equal("[:4, :5]", await _wire.AskAsync("EVAL", "return {redis.call('INCR', KEYS[1]), redis.call('INCR', KEYS[2])}", "2", One, Two));
    }

    [Fact]
    public async Task A_client_with_an_engine_connection_of_its_own_does_not_see_it_either()
    {
        await _wire.AskAsync("CLIENT", "ID");
        var large = new string('x', 100_000);
        Assert.Equal("+OK", await _wire.AskAsync("SET", One, "old"));
        await BeginAsync();
        Assert.Equal("old", await _wire.AskAsync("GET", One));
        Assert.Equal("+OK", await _wire.AskAsync("SET", Two, "new"));
        await _wire.WriteAsync([.. Wire.Encode("GET", One), .. Wire.Encode("GET", Two), .. Wire.Encode("APPEND", Two, "er"), .. Wire.Encode("GET", "{b}nothing"), .. Wire.Encode("GET", Two)]);
        Assert.Equal(["old", "new", ":5", "(nil)", "newer"], await _wire.ReadManyAsync(5));
        await MoveAsync(One);
        await EndAsync();
        Assert.Equal("old", await _wire.AskAsync("GETSET", One, large));
        Assert.Equal($"[{large}, newer]", await _wire.AskAsync("MGET", One, Two));
        Assert.Equal("+OK", await _wire.AskAsync("MSET", One, "1", "{c}other", large));
        Assert.Equal(":3", await _wire.AskAsync("DEL", One, Two, "{c}other"));
    }

    [Fact]
    public async Task The_first_large_command_that_is_sent_elsewhere_is_to_be_tried_again()
    {
        var large = new string('x', 100_000);
        await BeginAsync();
        Assert.StartsWith("-TRYAGAIN", await _wire.AskAsync("SET", One, large), StringComparison.Ordinal); // Too large to have been kept; from now on they are.
        Assert.Equal("+OK", await _wire.AskAsync("SET", One, large));
        Assert.Equal(":100000", await _wire.AskAsync("STRLEN", One));
        await EndAsync();
    }

    [Fact]
    public async Task A_command_that_waits_for_a_key_waits_on_at_the_new_shard()
    {
        await _wire.SendAsync("BLPOP", One, "20");
        await Door.EventuallyAsync(async () => (await _cluster[Source].AskAsync("INFO", "clients")).Contains("blocked_clients:1", StringComparison.Ordinal), "it waits");
        await BeginAsync();
        await EndAsync();
        await Door.EventuallyAsync(async () => (await _cluster[Target].AskAsync("INFO", "clients")).Contains("blocked_clients:1", StringComparison.Ordinal), "it waits there");
        await using var other = await _door.EnterAsync();
        Assert.Equal(":1", await other.AskAsync("RPUSH", One, "x"));
        Assert.Equal($"[{One}, x]", await _wire.ReadAsync());
    }

    private async Task SetBothAsync()
    {
        Assert.Equal("+OK", await _wire.AskAsync("MSET", One, "1", Two, "2"));
    }

    private async Task BeginAsync()
    {
        Assert.Equal("+OK", await _cluster[Target].AskAsync("CLUSTER", "SETSLOT", _slot, "IMPORTING", _cluster.IdOf(Source)));
        Assert.Equal("+OK", await _cluster[Source].AskAsync("CLUSTER", "SETSLOT", _slot, "MIGRATING", _cluster.IdOf(Target)));
    }

    private async Task MoveAsync(string key) =>
        Assert.Equal("+OK", await _cluster[Source].AskAsync("MIGRATE", "127.0.0.1", $"{_cluster.InternalPorts.ElementAt(Target)}", key, "0", "5000"));

    private async Task EndAsync()
    {
        foreach (var node in new[] { Target, Source, 4 })
        {
            Assert.Equal("+OK", await _cluster[node].AskAsync("CLUSTER", "SETSLOT", _slot, "NODE", _cluster.IdOf(Target)));
        }
    }
}
