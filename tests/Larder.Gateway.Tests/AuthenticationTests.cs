using Larder.Gateway.Tests.Harness;

namespace Larder.Gateway.Tests;

/// <summary>Who gets in, and in what words others are sent away.</summary>
public sealed class AuthenticationTests : IAsyncLifetime
{
    private const string NoAuth = "-NOAUTH Authentication required.";
    private const string WrongPass = "-WRONGPASS invalid username-password pair or user is disabled.";

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

    [Theory]
    [InlineData("AUTH primary-key", "+OK")]
    [InlineData("AUTH secondary-key", "+OK")]
    [InlineData("AUTH default primary-key", "+OK")]
    [InlineData("auth DEFAULT primary-key", WrongPass)]
    [InlineData("AUTH gateway inside", WrongPass)]
    [InlineData("AUTH nobody primary-key", WrongPass)]
    [InlineData("AUTH primary-ke", WrongPass)]
    [InlineData("AUTH primary-key1", WrongPass)]
    [InlineData("AUTH", "-ERR wrong number of arguments for 'auth' command")]
    [InlineData("AUTH a b c", "-ERR syntax error")]
    [InlineData("HELLO 4 AUTH default primary-key", "-NOPROTO unsupported protocol version")]
    [InlineData("HELLO x", "-ERR Protocol version is not an integer or out of range")]
    [InlineData("HELLO 3 AUTH default wrong", WrongPass)]
    [InlineData("GET a", NoAuth)]
    [InlineData("PING", NoAuth)]
    [InlineData("CONFIG GET *", NoAuth)]
    [InlineData("RESET", "+RESET")]
    [InlineData("QUIT", "+OK")]
    public async Task A_stranger_is_answered_as_redis_answers(string command, string answer)
    {
        await using var wire = await _door.ConnectAsync();
        Assert.Equal(answer, await wire.AskAsync(command.Split(' ')));
    }

    [Fact]
    public async Task An_empty_user_name_stands_for_the_default_user()
    {
        await using var wire = await _door.ConnectAsync();
        Assert.Equal(WrongPass, await wire.AskAsync("AUTH", "", "wrong"));
        Assert.Equal("+OK", await wire.AskAsync("AUTH", "", Door.Key));
        await using var other = await _door.ConnectAsync();
        Assert.StartsWith("%[server, redis", await other.AskAsync("HELLO", "3", "AUTH", "", Door.OtherKey), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hello_without_a_key_is_refused_and_with_one_gives_the_engines_map()
    {
        await using var wire = await _door.ConnectAsync();
        Assert.StartsWith("-NOAUTH HELLO must be called", await wire.AskAsync("HELLO", "3"), StringComparison.Ordinal);
        var map = await wire.AskAsync("HELLO", "3", "AUTH", "default", Door.Key, "SETNAME", "me");
        Assert.StartsWith("%[server, redis", map, StringComparison.Ordinal);
        Assert.Equal("me", await wire.AskAsync("CLIENT", "GETNAME"));
        Assert.Equal("_", (await wire.AskAsync("GET", "nothing")).Replace("(nil)", "_", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_name_given_in_a_line_may_be_longer_than_an_argument_of_a_stranger()
    {
        var name = new string('n', 20_000);
        await using var wire = await _door.ConnectAsync();
        await wire.SendTextAsync($"HELLO 2 AUTH default {Door.Key} SETNAME {name}\r\n");
        Assert.StartsWith("[server, redis", await wire.ReadAsync(), StringComparison.Ordinal);
        Assert.Equal(name, await wire.AskAsync("CLIENT", "GETNAME"));
    }

    [Fact]
    public async Task A_session_that_resets_and_enters_again_in_one_write_is_answered_on()
    {
        await using var wire = await _door.EnterAsync();
        await wire.WriteAsync([.. Wire.Encode("RESET"), .. Wire.Encode("GET", "a"), .. Wire.Encode("AUTH", Door.Key), .. Wire.Encode("PING")]);
        Assert.Equal(["+RESET", NoAuth, "+OK", "+PONG"], await wire.ReadManyAsync(4));
        for (var count = 0; count < 100; count++)
        {
            Assert.Equal("+PONG", await wire.AskAsync("PING"));
        }
    }

    [Fact]
    public async Task A_session_stays_who_it_is_after_a_wrong_key_and_is_a_stranger_after_reset()
    {
        await using var wire = await _door.EnterAsync();
        Assert.Equal(WrongPass, await wire.AskAsync("AUTH", "wrong"));
        Assert.Equal("+PONG", await wire.AskAsync("PING"));
        Assert.Equal("+RESET", await wire.AskAsync("RESET"));
        Assert.Equal(NoAuth, await wire.AskAsync("PING"));
        Assert.Equal("+OK", await wire.AskAsync("AUTH", Door.OtherKey));
        Assert.Equal("+PONG", await wire.AskAsync("PING"));
    }

    [Fact]
    public async Task A_regenerated_key_ends_its_own_sessions_and_no_others()
    {
        await using var old = await _door.EnterAsync();
        await using var other = await _door.EnterAsync(Door.OtherKey);
        _door.Change("dev", route => route with { AccessKeys = [Door.Digest("primary-2", "new-key"), route.AccessKeys[1]] });
        Assert.Equal("(closed)", await old.ReadAsync());
        Assert.Equal("+PONG", await other.AskAsync("PING"));
        await using var late = await _door.ConnectAsync();
        Assert.Equal(WrongPass, await late.AskAsync("AUTH", Door.Key));
        Assert.Equal("+OK", await late.AskAsync("AUTH", "new-key"));
    }

    [Fact]
    public async Task One_client_too_many_is_told_so()
    {
        _door.Change("dev", route => route with { MaxClients = 1 });
        await using var first = await _door.EnterAsync();
        await using var second = await _door.ConnectAsync();
        Assert.Equal("-ERR max number of clients reached", await second.ReadAsync());
        Assert.Equal("(closed)", await second.ReadAsync());
        Assert.Equal("+PONG", await first.AskAsync("PING"));
    }

    [Fact]
    public async Task A_stranger_cannot_make_the_gateway_keep_much()
    {
        await using var many = await _door.ConnectAsync();
        await many.SendTextAsync("*11\r\n$3\r\nGET\r\n");
        Assert.Equal("-ERR Protocol error: unauthenticated multibulk length", await many.ReadAsync());
        Assert.Equal("(closed)", await many.ReadAsync());
        await using var large = await _door.ConnectAsync();
        await large.SendTextAsync("*2\r\n$4\r\nAUTH\r\n$16385\r\n");
        Assert.Equal("-ERR Protocol error: unauthenticated bulk length", await large.ReadAsync());
        Assert.Equal("(closed)", await large.ReadAsync());
    }
}
