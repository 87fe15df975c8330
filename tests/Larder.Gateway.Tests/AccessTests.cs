using System.Collections.Immutable;
using System.Net;
using Larder.Gateway.Tests.Harness;
using Larder.Model.Routing;
using Larder.Model.Specs;

namespace Larder.Gateway.Tests;

/// <summary>Users beyond default: each is its own user in the engine, whose rights the gateway never widens, on shared connections too.</summary>
public sealed class AccessTests : IAsyncLifetime
{
    private const string Users =
        "user reader on >inside ~* resetchannels -@all +@read +@connection -client +client|getname +client|list\n"
        + "user writer on >inside ~w:* resetchannels -@all +get +set +multi +exec +watch +blpop +rpush +ping +client|setname\n";

    private RedisProcess _redis = null!;

    public async ValueTask InitializeAsync() => _redis = await RedisProcess.StartAsync("user default on nopass ~* &* +@all\n" + Users);

    public async ValueTask DisposeAsync() => await _redis.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Every_user_may_do_what_its_engine_user_may(bool shares)
    {
        await using var door = await OpenAsync(shares);
        await using var owner = await door.EnterAsync();
        await using var reader = await EnterAsync(door, "reader");
        await using var writer = await EnterAsync(door, "writer");
        for (var round = 1; round <= 3; round++)
        {
            Assert.Equal("+OK", await owner.AskAsync("SET", "w:1", $"{round}"));
            Assert.Equal($"{round}", await reader.AskAsync("GET", "w:1"));
            Assert.StartsWith("-NOPERM", await reader.AskAsync("SET", "w:1", "x"), StringComparison.Ordinal);
            Assert.Equal("+OK", await writer.AskAsync("SET", "w:1", "y"));
            Assert.StartsWith("-NOPERM", await writer.AskAsync("SET", "other", "y"), StringComparison.Ordinal);
            Assert.StartsWith("-NOPERM", await writer.AskAsync("DEL", "w:1"), StringComparison.Ordinal);
            Assert.Equal("+OK", await owner.AskAsync("FLUSHALL"));
            Assert.StartsWith("-NOPERM", await reader.AskAsync("FLUSHALL"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_the_gateway_answers_itself_is_not_given_to_who_may_not_ask_it()
    {
        await using var door = await OpenAsync(shares: true);
        await using var reader = await EnterAsync(door, "reader");
        await using var writer = await EnterAsync(door, "writer");
        Assert.StartsWith("-NOPERM", await reader.AskAsync("CLIENT", "SETNAME", "me"), StringComparison.Ordinal);
        Assert.StartsWith("-NOPERM", await writer.AskAsync("SELECT", "0"), StringComparison.Ordinal);
        Assert.Equal("+OK", await writer.AskAsync("CLIENT", "SETNAME", "me"));
        Assert.StartsWith("-NOPERM", await writer.AskAsync("CLIENT", "GETNAME"), StringComparison.Ordinal);
        Assert.Equal("+OK", await reader.AskAsync("SELECT", "0"));
        Assert.Equal("(nil)", await reader.AskAsync("CLIENT", "GETNAME"));
        Assert.StartsWith("-ERR unknown command 'CONFIG'", await reader.AskAsync("CONFIG", "GET", "*"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_keeps_its_rights_on_a_connection_of_its_own_and_after_it()
    {
        await using var door = await OpenAsync(shares: true);
        await using var writer = await EnterAsync(door, "writer");
        Assert.Equal("+OK", await writer.AskAsync("MULTI"));
        Assert.StartsWith("-NOPERM", await writer.AskAsync("DEL", "w:1"), StringComparison.Ordinal);
        Assert.StartsWith("-EXECABORT", await writer.AskAsync("EXEC"), StringComparison.Ordinal);
        Assert.Equal(":1", await writer.AskAsync("RPUSH", "w:l", "a"));
        Assert.Equal("[w:l, a]", await writer.AskAsync("BLPOP", "w:l", "1"));
        for (var count = 1; count <= 200; count++)
        {
            Assert.StartsWith("-NOPERM", await writer.AskAsync("DEL", "w:1"), StringComparison.Ordinal);
            Assert.Equal("+OK", await writer.AskAsync("SET", "w:1", "z"));
        }
    }

    [Fact]
    public async Task A_connection_can_become_another_user_and_back()
    {
        await using var door = await OpenAsync(shares: true);
        await using var wire = await EnterAsync(door, "reader");
        Assert.StartsWith("-NOPERM", await wire.AskAsync("SET", "w:1", "x"), StringComparison.Ordinal);
        Assert.Equal("+OK", await wire.AskAsync("AUTH", "default", Door.Key));
        Assert.Equal("+OK", await wire.AskAsync("SET", "a", "x"));
        Assert.StartsWith("-WRONGPASS", await wire.AskAsync("AUTH", "writer", "reader-key"), StringComparison.Ordinal);
        Assert.Equal("+OK", await wire.AskAsync("SET", "a", "x"));
        Assert.Equal("+OK", await wire.AskAsync("AUTH", "writer", "writer-key"));
        for (var count = 1; count <= 100; count++)
        {
            Assert.StartsWith("-NOPERM", await wire.AskAsync("SET", "a", "x"), StringComparison.Ordinal);
        }

        Assert.Equal("+RESET", await wire.AskAsync("RESET"));
        Assert.Equal("-NOAUTH Authentication required.", await wire.AskAsync("GET", "a"));
    }

    [Theory]
    [InlineData("reader", "writer-key")]
    [InlineData("reader", Door.Key)]
    [InlineData("default", "reader-key")]
    [InlineData("nobody", "reader-key")]
    [InlineData("gateway", "inside")]
    [InlineData("larder", "inside")]
    [InlineData("READER", "reader-key")]
    public async Task A_key_opens_for_its_own_user_alone(string user, string key)
    {
        await using var door = await OpenAsync(shares: true);
        await using var wire = await door.ConnectAsync();
        Assert.Equal("-WRONGPASS invalid username-password pair or user is disabled.", await wire.AskAsync("AUTH", user, key));
        Assert.StartsWith("-WRONGPASS", await wire.AskAsync("HELLO", "3", "AUTH", user, key), StringComparison.Ordinal);
        Assert.Equal("-NOAUTH Authentication required.", await wire.AskAsync("GET", "a"));
    }

    [Fact]
    public async Task Who_loses_its_key_or_its_user_is_disconnected_and_others_are_not()
    {
        await using var door = await OpenAsync(shares: true);
        await using var reader = await EnterAsync(door, "reader");
        await using var writer = await EnterAsync(door, "writer");
        await using var owner = await door.EnterAsync();
        Assert.Equal("(nil)", await reader.AskAsync("GET", "a"));
        door.Change("dev", route => route with { Users = [.. route.Users.Where(user => user.Name != "reader")] });
        Assert.Equal("(closed)", await reader.ReadAsync());
        Assert.Equal("+OK", await writer.AskAsync("SET", "w:1", "1"));
        door.Change("dev", route => route with { Users = [new AccessUser("writer", [Door.Digest("writer-2", "new-key")])] });
        Assert.Equal("(closed)", await writer.ReadAsync());
        Assert.Equal("1", await owner.AskAsync("GET", "w:1"));
        await using var again = await door.ConnectAsync();
        Assert.Equal("+OK", await again.AskAsync("AUTH", "writer", "new-key"));
        Assert.Equal("1", await again.AskAsync("GET", "w:1"));
    }

    [Fact]
    public async Task Only_listed_addresses_get_in_and_a_new_rule_closes_what_it_does_not_admit()
    {
        await using var door = await OpenAsync(shares: true);
        await using var before = await door.EnterAsync();
        door.Change("dev", route => route with { Firewall = [AddressRange.Parse("127.0.0.2")!, AddressRange.Parse("10.0.0.0/8")!] });
        Assert.Equal("(closed)", await before.ReadAsync());
        await Assert.ThrowsAnyAsync<IOException>(() => door.ConnectAsync());
        await using (var other = await door.ConnectAsync(from: IPAddress.Parse("127.0.0.2")))
        {
            Assert.Equal("+OK", await other.AskAsync("AUTH", Door.Key));
            Assert.Equal("+PONG", await other.AskAsync("PING"));
        }

        Assert.True(door.Gateway.Snapshot().Totals.Firewalled >= 1);
        door.Change("dev", route => route with { Firewall = [] });
        await Door.EventuallyAsync(() => IsLetInAsync(door), "the rules are gone");
        await using var after = await door.EnterAsync();
        Assert.Equal("+PONG", await after.AskAsync("PING"));
    }

    [Fact]
    public async Task Rules_that_change_while_clients_come_in_let_nobody_in_without_a_handshake()
    {
        await using var door = await OpenAsync(shares: true);
        using var stop = new CancellationTokenSource();
        var changing = Task.Run(
            () =>
            {
                ImmutableArray<AddressRange> nobody = [AddressRange.Parse("10.0.0.0/8")!];
                for (var admitted = false; !stop.IsCancellationRequested; admitted = !admitted)
                {
                    var rules = admitted ? [] : nobody;
                    door.Change("dev", route => route with { Firewall = rules });
                }
            },
            TestContext.Current.CancellationToken);
        var (admitted, refused) = (0, 0);
        while (admitted + refused < 1_000 || admitted == 0 || refused == 0)
        {
            // What is not TLS would end this with an AuthenticationException.
            _ = await IsLetInAsync(door) ? admitted++ : refused++;
        }

        await stop.CancelAsync();
        await changing;
    }

    [Fact]
    public async Task Wrong_keys_are_answered_later_and_later_then_not_at_all_while_right_ones_are_answered_at_once()
    {
        await using var door = await Door.OpenAsync(
            _redis, new GatewayOptions { AuthenticationFailures = 5, AuthenticationForgiveness = TimeSpan.FromSeconds(12) }, change: WithUsers);
        await using var guesser = await door.ConnectAsync(from: IPAddress.Parse("127.0.0.3"));
        for (var count = 1; count <= 5; count++)
        {
            Assert.StartsWith("-WRONGPASS", await guesser.AskAsync("AUTH", "guess"), StringComparison.Ordinal);
        }

        // The next two must wait for 12 and 24 seconds, a third one for longer than anybody may.
        await guesser.SendAsync("AUTH", "guess");
        await Door.EventuallyAsync(() => Task.FromResult(door.Gateway.Snapshot().Totals.Throttled == 1), "it waits");
        await using var second = await door.ConnectAsync(from: IPAddress.Parse("127.0.0.3"));
        await second.SendAsync("AUTH", "guess");
        await Door.EventuallyAsync(() => Task.FromResult(door.Gateway.Snapshot().Totals.Throttled == 2), "it waits too");
        await using var third = await door.ConnectAsync(from: IPAddress.Parse("127.0.0.3"));
        await third.SendAsync("AUTH", "guess");
        Assert.StartsWith("-WRONGPASS", await third.ReadAsync(), StringComparison.Ordinal);
        Assert.Equal("(closed)", await third.ReadAsync());

        await using var neighbour = await door.ConnectAsync(from: IPAddress.Parse("127.0.0.3"));
        Assert.Equal("+OK", await neighbour.AskAsync("AUTH", Door.Key));
        await using var elsewhere = await door.ConnectAsync();
        Assert.StartsWith("-WRONGPASS", await elsewhere.AskAsync("AUTH", "guess"), StringComparison.Ordinal);
        Assert.Equal("+OK", await elsewhere.AskAsync("AUTH", Door.Key));
    }

    private static async Task<bool> IsLetInAsync(Door door)
    {
        try
        {
            await using var wire = await door.ConnectAsync();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static CacheRoute WithUsers(CacheRoute route) => route with
    {
        Users = [new AccessUser("reader", [Door.Digest("reader-1", "reader-key")]), new AccessUser("writer", [Door.Digest("writer-1", "writer-key")])],
    };

    private async Task<Door> OpenAsync(bool shares) => await Door.OpenAsync(_redis, new GatewayOptions { SharesConnections = shares }, change: WithUsers);

    private static async Task<Wire> EnterAsync(Door door, string user)
    {
        var wire = await door.ConnectAsync();
        Assert.Equal("+OK", await wire.AskAsync("AUTH", user, $"{user}-key"));
        return wire;
    }
}
